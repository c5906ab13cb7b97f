/* The secrets of a generation: given by number, and nowhere else to be found. */
#include "lib/base/err.h"
#include "tests/unit/snapshot_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const texts[] = {"sk-first", "", "sk-third-and-longer"};

static void secrets_are_given_by_number(void **state)
{
    struct secrets secrets;
    size_t bytes;
    void *memory = fixture_secrets(texts, COUNT(texts), &bytes);

    (void)state;
    int fd = fixture_memfd(memory, bytes, FIXTURE_SEALS);
    assert_int_equal(secrets_open(fd, &secrets), 0);
    close(fd);
    for (uint32_t n = 0; n < COUNT(texts); n++)
        assert_true(span_equal(secrets_get(&secrets, n), span_of(texts[n])));
    assert_int_equal(secrets_get(&secrets, COUNT(texts)).len, 0);
    assert_int_equal(secrets_get(&secrets, ROW_NONE).len, 0);
    secrets_close(&secrets);
    assert_null(secrets.header);
    secrets_close(&secrets);
    free(memory);
}

static void hostile_secrets_are_refused(void **state)
{
    static const struct {
        size_t offset; /* of a 32-bit word */
        uint32_t value;
        int err;
    } rows[] = {
        {offsetof(struct secrets_header, magic), 1, ERR_CORRUPT},
        {offsetof(struct secrets_header, version), LAYOUT_VERSION + 1, ERR_VERSION},
        {offsetof(struct secrets_header, rows), UINT32_MAX, ERR_CORRUPT},
        {offsetof(struct secrets_header, rows), 6, ERR_CORRUPT},
        {offsetof(struct secrets_header, total_bytes), 1, ERR_CORRUPT},
        {sizeof(struct secrets_header), 0, ERR_CORRUPT},
        {sizeof(struct secrets_header), UINT32_MAX, ERR_CORRUPT},
        {sizeof(struct secrets_header) + 4, UINT32_MAX, ERR_CORRUPT},
        {sizeof(struct secrets_header) + 8, UINT32_MAX, ERR_CORRUPT},
        {sizeof(struct secrets_header) + 8, 1000, ERR_CORRUPT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t bytes;
        char *memory = fixture_secrets(texts, COUNT(texts), &bytes);
        uint64_t checksum;

        memcpy(memory + rows[i].offset, &rows[i].value, sizeof(rows[i].value));
        checksum = snapshot_checksum(memory + LAYOUT_CHECKSUM_FROM, bytes - LAYOUT_CHECKSUM_FROM);
        memcpy(memory + offsetof(struct secrets_header, checksum), &checksum, sizeof(checksum));
        assert_int_equal(secrets_check(memory, bytes), rows[i].err);
        free(memory);
    }
}

static void torn_secrets_are_refused(void **state)
{
    size_t bytes;
    char *memory = fixture_secrets(texts, COUNT(texts), &bytes);

    (void)state;
    assert_int_equal(secrets_check(memory, bytes), 0);
    for (size_t at = 0; at < bytes; at++) {
        memory[at] ^= 1;
        assert_int_not_equal(secrets_check(memory, bytes), 0);
        memory[at] ^= 1;
        assert_int_not_equal(secrets_check(memory, at), 0);
    }
    free(memory);
}

/* The first mapping's flags in /proc/self/smaps: "dd" is "do not dump". */
static void secrets_stay_out_of_core_files(void **state)
{
    struct secrets secrets;
    size_t bytes;
    void *memory = fixture_secrets(texts, COUNT(texts), &bytes);
    char line[512];
    char start[32];
    bool inside = false;
    bool kept_out = false;

    (void)state;
    int fd = fixture_memfd(memory, bytes, FIXTURE_SEALS);
    assert_int_equal(secrets_open(fd, &secrets), 0);
    snprintf(start, sizeof(start), "%lx-", (unsigned long)(uintptr_t)secrets.header);
    FILE *smaps = fopen("/proc/self/smaps", "re");
    assert_non_null(smaps);
    while (fgets(line, sizeof(line), smaps) != NULL) {
        if (strncmp(line, "VmFlags:", 8) != 0)
            inside |= strncmp(line, start, strlen(start)) == 0;
        else if (inside) {
            kept_out = strstr(line, " dd ") != NULL;
            break;
        }
    }
    fclose(smaps);
    assert_true(inside);
    assert_true(kept_out);
    secrets_close(&secrets);
    close(fd);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_given_by_number),
        cmocka_unit_test(hostile_secrets_are_refused),
        cmocka_unit_test(torn_secrets_are_refused),
        cmocka_unit_test(secrets_stay_out_of_core_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
