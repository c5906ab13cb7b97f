/* The directory's file: what its writer writes, what its reader finds, and all that it refuses. */
#include "shm/directory_file.h"

#include "lib/base/err.h"
#include "lib/base/names.h"
#include "shm/directory_writer.h"
#include "shm/snapshot.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct file_fixture {
    char folder[64];
    char path[96];
    struct directory_writer *writer;
};

static int open_folder(void **state)
{
    struct file_fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/weir-file-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof(fixture->path), "%s/directory", fixture->folder);
    fixture->writer = malloc(sizeof(*fixture->writer));
    assert_non_null(fixture->writer);
    *state = fixture;
    return 0;
}

static int close_folder(void **state)
{
    struct file_fixture *fixture = *state;

    unlink(fixture->path);
    if (rmdir(fixture->folder) != 0)
        fail_msg("something was left in %s", fixture->folder);
    free(fixture->writer);
    free(fixture);
    return 0;
}

static const uint32_t sample_rows[DIRECTORY_TABLE_COUNT] = {
    [DIRECTORY_SLUGS] = 2,           [DIRECTORY_GROUPS] = 2,
    [DIRECTORY_USERS] = 1,           [DIRECTORY_KEYS] = 2,
    [DIRECTORY_OLD_DIGESTS] = 2,     [DIRECTORY_REVOKED_NAMES] = 2,
    [DIRECTORY_REVOKED_DIGESTS] = 2, [DIRECTORY_GRANTS] = 4,
    [DIRECTORY_MEMBERSHIPS] = 2,
};

static struct directory_text text(struct directory_writer *writer, const char *bytes)
{
    return directory_writer_text(writer, span_of(bytes));
}

static void add_number(struct directory_writer *writer, enum directory_table table, uint32_t number)
{
    directory_writer_add(writer, table, &number);
}

static void add_subjects(struct directory_writer *writer)
{
    const struct directory_group_row groups[] = {
        {.name = text(writer, "day"), .display = text(writer, "D\xc3\xa4y"), .models = {0, 1}},
        {.name = text(writer, "night"), .models = {1, 0}, .flags = DIRECTORY_MODELS_ALL},
    };
    const struct directory_user_row user = {.name = text(writer, "ada"),
                                            .models = {1, 1},
                                            .groups = {0, 2},
                                            .flags = DIRECTORY_DISABLED};

    directory_writer_add(writer, DIRECTORY_GROUPS, &groups[0]);
    directory_writer_add(writer, DIRECTORY_GROUPS, &groups[1]);
    directory_writer_add(writer, DIRECTORY_USERS, &user);
}

static void add_keys(struct directory_writer *writer)
{
    const struct directory_key_row keys[] = {
        {.digest = {{1}},
         .name = text(writer, "ci"),
         .models = {2, 2},
         .user = ROW_NONE,
         .group = 1,
         .flags = KEY_SCOPE_CALL,
         .expires_s = 5},
        {.digest = {{2}},
         .name = text(writer, "ci.2"),
         .models = {4, 0},
         .user = 0,
         .group = ROW_NONE,
         .flags = KEY_SCOPE_LIST | DIRECTORY_MODELS_ALL},
    };

    for (uint32_t i = 0; i < COUNT(keys); i++) {
        const struct directory_old_digest_row old = {.digest = {{9}}, .expires_s = 7, .key = i};

        directory_writer_add(writer, DIRECTORY_KEYS, &keys[i]);
        directory_writer_add(writer, DIRECTORY_OLD_DIGESTS, &old);
    }
}

static void add_sample(struct directory_writer *writer)
{
    static const char *const slugs[] = {"Alpha", "alpha"};
    static const char *const revoked[] = {"a", "b"};

    for (uint32_t i = 0; i < 2; i++) {
        const struct directory_text slug = text(writer, slugs[i]);
        const struct directory_revoked_name_row name = {text(writer, revoked[i]), 3};
        const struct directory_revoked_digest_row digest = {{{(uint8_t)(10 + i)}}, 3};

        directory_writer_add(writer, DIRECTORY_SLUGS, &slug);
        directory_writer_add(writer, DIRECTORY_REVOKED_NAMES, &name);
        directory_writer_add(writer, DIRECTORY_REVOKED_DIGESTS, &digest);
        add_number(writer, DIRECTORY_MEMBERSHIPS, i);
    }
    add_number(writer, DIRECTORY_GRANTS, 1);
    add_number(writer, DIRECTORY_GRANTS, 0);
    add_number(writer, DIRECTORY_GRANTS, 0);
    add_number(writer, DIRECTORY_GRANTS, 1);
    add_subjects(writer);
    add_keys(writer);
}

static void write_sample(struct file_fixture *fixture)
{
    assert_int_equal(directory_writer_begin(fixture->writer, fixture->folder, sample_rows, 77), 0);
    add_sample(fixture->writer);
    assert_int_equal(directory_writer_commit(fixture->writer, 123, NULL), 0);
}

/* The sample in memory of exactly its size, where ASan sees what is read behind it. */
static char *read_sample(struct file_fixture *fixture, size_t *bytes)
{
    struct stat status;
    void *memory = NULL;

    write_sample(fixture);
    int fd = open(fixture->path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    *bytes = (size_t)status.st_size;
    assert_int_equal(posix_memalign(&memory, DIRECTORY_TABLE_ALIGN, *bytes), 0);
    assert_int_equal(read(fd, memory, *bytes), status.st_size);
    close(fd);
    return memory;
}

static void set_checksum(char *memory, size_t bytes)
{
    uint64_t sum = snapshot_checksum(memory + DIRECTORY_CHECKSUM_FROM,
                                     bytes - DIRECTORY_CHECKSUM_FROM);

    memcpy(memory + offsetof(struct directory_header, checksum), &sum, sizeof(sum));
}

static void what_is_written_can_be_found(void **state)
{
    static const struct {
        enum directory_table table;
        struct span name;
        uint32_t number;
    } rows[] = {
        {DIRECTORY_SLUGS, {"Alpha", 5}, 0},       {DIRECTORY_SLUGS, {"alpha", 5}, 1},
        {DIRECTORY_SLUGS, {"alph", 4}, ROW_NONE}, {DIRECTORY_SLUGS, {"alpha2", 6}, ROW_NONE},
        {DIRECTORY_GROUPS, {"night", 5}, 1},      {DIRECTORY_USERS, {"ada", 3}, 0},
        {DIRECTORY_USERS, {NULL, 0}, ROW_NONE},   {DIRECTORY_KEYS, {"ci", 2}, 0},
        {DIRECTORY_KEYS, {"ci.2", 4}, 1},         {DIRECTORY_KEYS, {"ci.", 3}, ROW_NONE},
        {DIRECTORY_REVOKED_NAMES, {"b", 1}, 1},
    };
    const struct digest revoked = {{11}};
    const struct digest other = {{12}};
    struct file_fixture *fixture = *state;
    struct directory_file file;

    write_sample(fixture);
    assert_int_equal(directory_file_open(fixture->path, &file), 0);
    assert_int_equal(file.header->change, 77);
    assert_int_equal(file.header->written_ms, 123);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(directory_file_find(&file, rows[i].table, rows[i].name), rows[i].number);
    assert_true(directory_file_is_revoked(&file, &revoked));
    assert_false(directory_file_is_revoked(&file, &other));
    directory_file_close(&file);
    assert_null(file.header);
    directory_file_close(&file);
}

static void a_torn_file_is_refused_wherever_it_is_torn(void **state)
{
    size_t bytes;
    char *memory = read_sample(*state, &bytes);

    assert_int_equal(directory_file_check(memory, bytes), 0);
    for (size_t at = 0; at < bytes; at++) {
        memory[at] ^= 1;
        assert_int_not_equal(directory_file_check(memory, bytes), 0);
        memory[at] ^= 1;
    }
    for (size_t shorter = 0; shorter < bytes; shorter++) {
        void *part = NULL;

        assert_int_equal(posix_memalign(&part, DIRECTORY_TABLE_ALIGN, shorter), 0);
        memcpy(part, memory, shorter);
        assert_int_not_equal(directory_file_check(part, shorter), 0);
        free(part);
    }
    free(memory);
}

#define HEADER(field) DIRECTORY_TABLE_COUNT, 0, offsetof(struct directory_header, field)
#define PLACE(NAME, field)                          \
    DIRECTORY_TABLE_COUNT, 0,                       \
        offsetof(struct directory_header, tables) + \
            DIRECTORY_##NAME * sizeof(struct table_place) + offsetof(struct table_place, field)
#define ROW(NAME, number, type, field) DIRECTORY_##NAME, number, offsetof(type, field)

/* Each is one 32-bit word of the sample, changed, with the checksum made right again. */
static const struct {
    enum directory_table table; /* DIRECTORY_TABLE_COUNT: of the header */
    uint32_t row;
    size_t offset;
    uint32_t value;
    int err;
} lies[] = {
    {HEADER(magic), 1, ERR_CORRUPT},
    {HEADER(version), DIRECTORY_VERSION + 1, ERR_VERSION},
    {HEADER(header_bytes), 8, ERR_CORRUPT},
    {HEADER(total_bytes), 8, ERR_CORRUPT},
    {PLACE(SLUGS, offset), 0, ERR_CORRUPT},
    {PLACE(GROUPS, offset), 1, ERR_CORRUPT},
    {PLACE(GROUPS, offset), 1U << 30, ERR_CORRUPT},
    {PLACE(KEYS, rows), UINT32_MAX, ERR_CORRUPT},
    {PLACE(KEYS, rows), 3, ERR_CORRUPT},
    {PLACE(KEYS, rows), 1, ERR_CORRUPT},
    {PLACE(USERS, row_bytes), 1, ERR_CORRUPT},
    {PLACE(GRANTS, rows), 3, ERR_CORRUPT},
    {PLACE(MEMBERSHIPS, rows), 1, ERR_CORRUPT},
    {PLACE(TEXT, rows), 1, ERR_CORRUPT},
    {ROW(SLUGS, 0, struct directory_text, offset), UINT32_MAX, ERR_CORRUPT},
    {ROW(SLUGS, 0, struct directory_text, len), UINT32_MAX, ERR_CORRUPT},
    {ROW(SLUGS, 0, struct directory_text, len), 0, ERR_CORRUPT},
    {ROW(GROUPS, 0, struct directory_group_row, flags), 1 << 1, ERR_CORRUPT},
    {ROW(GROUPS, 0, struct directory_group_row, reserved), 1, ERR_CORRUPT},
    {ROW(GROUPS, 0, struct directory_group_row, models.first), 1, ERR_CORRUPT},
    {ROW(GROUPS, 0, struct directory_group_row, models.count), UINT32_MAX, ERR_CORRUPT},
    {ROW(GROUPS, 0, struct directory_group_row, display.len), 2, ERR_CORRUPT},
    {ROW(USERS, 0, struct directory_user_row, groups.count), 1, ERR_CORRUPT},
    {ROW(USERS, 0, struct directory_user_row, groups.count), 3, ERR_CORRUPT},
    {ROW(USERS, 0, struct directory_user_row, flags), KEY_SCOPE_LIST, ERR_CORRUPT},
    {ROW(KEYS, 0, struct directory_key_row, user), 1, ERR_CORRUPT},
    {ROW(KEYS, 0, struct directory_key_row, group), 2, ERR_CORRUPT},
    {ROW(KEYS, 0, struct directory_key_row, flags), DIRECTORY_MODELS_ALL, ERR_CORRUPT},
    {ROW(KEYS, 1, struct directory_key_row, flags), KEY_SCOPE_LIST, ERR_CORRUPT},
    {ROW(KEYS, 1, struct directory_key_row, flags), 1U << 31, ERR_CORRUPT},
    {ROW(KEYS, 1, struct directory_key_row, name.len), 2, ERR_CORRUPT},
    {ROW(KEYS, 0, struct directory_key_row, models.count), 1, ERR_CORRUPT},
    {ROW(KEYS, 0, struct directory_key_row, expires_s) + 4, 1U << 31, ERR_CORRUPT},
    {ROW(OLD_DIGESTS, 0, struct directory_old_digest_row, key), 1, ERR_CORRUPT},
    {ROW(OLD_DIGESTS, 1, struct directory_old_digest_row, key), 2, ERR_CORRUPT},
    {ROW(OLD_DIGESTS, 0, struct directory_old_digest_row, expires_s), 0, ERR_CORRUPT},
    {ROW(REVOKED_NAMES, 1, struct directory_revoked_name_row, name.offset), 0, ERR_CORRUPT},
    {ROW(REVOKED_DIGESTS, 1, struct directory_revoked_digest_row, digest), 10, ERR_CORRUPT},
    {DIRECTORY_GRANTS, 0, 0, 2, ERR_CORRUPT},
    {DIRECTORY_GRANTS, 3, 0, 0, ERR_CORRUPT},
    {DIRECTORY_MEMBERSHIPS, 1, 0, 0, ERR_CORRUPT},
    {DIRECTORY_MEMBERSHIPS, 1, 0, 2, ERR_CORRUPT},
};

static void every_lie_is_refused(void **state)
{
    struct file_fixture *fixture = *state;

    for (size_t i = 0; i < COUNT(lies); i++) {
        size_t bytes;
        char *memory = read_sample(fixture, &bytes);
        size_t at = lies[i].offset;

        if (lies[i].table != DIRECTORY_TABLE_COUNT) {
            const struct directory_header *header = (const struct directory_header *)(void *)memory;
            const struct table_place *place = &header->tables[lies[i].table];

            at += place->offset + (size_t)lies[i].row * place->row_bytes;
        }
        assert_memory_not_equal(memory + at, &lies[i].value, sizeof(lies[i].value));
        memcpy(memory + at, &lies[i].value, sizeof(lies[i].value));
        set_checksum(memory, bytes);
        int err = directory_file_check(memory, bytes);
        if (err != lies[i].err)
            fail_msg("lie %zu: %s", i, err_name(err));
        free(memory);
    }
}

static void what_is_no_such_file_is_told_apart(void **state)
{
    struct file_fixture *fixture = *state;
    struct directory_file file;

    assert_int_equal(directory_file_open(fixture->path, &file), ERR_NOT_FOUND);
    assert_int_equal(directory_file_open(fixture->folder, &file), ERR_CORRUPT);
    assert_int_equal(directory_file_open("/dev/null", &file), ERR_CORRUPT);
    FILE *stream = fopen(fixture->path, "we");
    assert_non_null(stream);
    fputs("short", stream);
    fclose(stream);
    assert_int_equal(directory_file_open(fixture->path, &file), ERR_CORRUPT);
}

/* The sample is there; what fails later leaves it, and nothing beside it. */
static void what_the_reader_would_refuse_is_never_put_in_place(void **state)
{
    static const struct span wrong[][2] = {
        {{"b", 1}, {"a", 1}}, {{"a", 1}, {"a", 1}}, {{"a", 1}, {"B", 1}}, {{"a", 1}, {NULL, 0}}};
    static const uint32_t rows[DIRECTORY_TABLE_COUNT] = {[DIRECTORY_REVOKED_NAMES] = 2};
    struct file_fixture *fixture = *state;
    struct directory_file file;

    write_sample(fixture);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(directory_writer_begin(fixture->writer, fixture->folder, rows, 78), 0);
        for (size_t n = 0; n < 2; n++) {
            const struct directory_revoked_name_row row = {
                directory_writer_text(fixture->writer, wrong[i][n]), 1};

            directory_writer_add(fixture->writer, DIRECTORY_REVOKED_NAMES, &row);
        }
        assert_int_equal(directory_writer_commit(fixture->writer, 1, NULL), ERR_CORRUPT);
        assert_int_equal(directory_file_open(fixture->path, &file), 0);
        assert_int_equal(file.header->change, 77);
        directory_file_close(&file);
    }
}

static void rows_too_few_and_too_many_are_noticed(void **state)
{
    static const uint32_t rows[DIRECTORY_TABLE_COUNT] = {[DIRECTORY_MEMBERSHIPS] = 1};
    struct file_fixture *fixture = *state;

    for (uint32_t added = 0; added <= 2; added += 2) {
        assert_int_equal(directory_writer_begin(fixture->writer, fixture->folder, rows, 1), 0);
        for (uint32_t i = 0; i < added; i++)
            add_number(fixture->writer, DIRECTORY_MEMBERSHIPS, i);
        assert_int_equal(directory_writer_commit(fixture->writer, 1, NULL), ERR_CORRUPT);
    }
}

static void a_file_that_a_crash_has_left_is_in_nobodys_way(void **state)
{
    struct file_fixture *fixture = *state;
    struct directory_file file;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(directory_writer_begin(fixture->writer, fixture->folder, sample_rows, 1),
                         0);
        add_sample(fixture->writer);
        /* What the kernel does for a process that ends. */
        close(fixture->writer->fd);
        close(fixture->writer->folder_fd);
    }
    write_sample(fixture);
    assert_int_equal(directory_file_open(fixture->path, &file), 0);
    directory_file_close(&file);
}

static void a_writer_that_gives_up_leaves_nothing(void **state)
{
    struct file_fixture *fixture = *state;

    assert_int_equal(directory_writer_begin(fixture->writer, fixture->folder, sample_rows, 1), 0);
    add_sample(fixture->writer);
    directory_writer_abort(fixture->writer);
    directory_writer_abort(fixture->writer);
    assert_int_equal(directory_writer_begin(fixture->writer, "/nonexistent", sample_rows, 1),
                     ERR_IO);
}

/* More rows and texts than the writer's buffers hold, and texts across their ends. */
static void tables_larger_than_the_buffers_come_out_whole(void **state)
{
    enum { ROWS = 20000 };
    static const uint32_t rows[DIRECTORY_TABLE_COUNT] = {[DIRECTORY_REVOKED_NAMES] = ROWS};
    struct file_fixture *fixture = *state;
    struct directory_file file;
    char name[32];

    assert_int_equal(directory_writer_begin(fixture->writer, fixture->folder, rows, 1), 0);
    for (unsigned n = 0; n < ROWS; n++) {
        snprintf(name, sizeof(name), "name-%06u", n);
        const struct directory_revoked_name_row row = {text(fixture->writer, name), n};
        directory_writer_add(fixture->writer, DIRECTORY_REVOKED_NAMES, &row);
    }
    assert_int_equal(directory_writer_commit(fixture->writer, 1, NULL), 0);
    assert_int_equal(directory_file_open(fixture->path, &file), 0);
    for (unsigned n = 0; n < ROWS; n++) {
        snprintf(name, sizeof(name), "name-%06u", n);
        assert_int_equal(directory_file_find(&file, DIRECTORY_REVOKED_NAMES, span_of(name)), n);
    }
    directory_file_close(&file);
}

static void a_line_is_utf8_without_control_characters(void **state)
{
    static const struct {
        const char *line;
        bool is_line;
    } rows[] = {
        {"", true},
        {"Ada Lovelace", true},
        {"\xc3\xa9", true},
        {"\xe2\x82\xac", true},
        {"\xf0\x9f\x98\x80", true},
        {"\xef\xbf\xbf", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\xf4\x90\x80\x80", false}, /* above U+10FFFF */
        {"\xed\xa0\x80", false},     /* a surrogate */
        {"\xc0\xaf", false},         /* overlong */
        {"\xe0\x80\xaf", false},
        {"\xf0\x80\x80\xaf", false},
        {"\xf8\x88\x80\x80\x80", false},
        {"\x80", false},
        {"\xc3", false},
        {"\xe2\x82", false},
        {"\xe2\x82 ", false},
        {"\xff", false},
        {"a\tb", false},
        {"a\x7f", false},
        {"a\nb", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if ((name_check_line(span_of(rows[i].line)) == NULL) != rows[i].is_line)
            fail_msg("line %zu", i);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_folder, close_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_can_be_found),
        TEST(a_torn_file_is_refused_wherever_it_is_torn),
        TEST(every_lie_is_refused),
        TEST(what_is_no_such_file_is_told_apart),
        TEST(what_the_reader_would_refuse_is_never_put_in_place),
        TEST(rows_too_few_and_too_many_are_noticed),
        TEST(a_file_that_a_crash_has_left_is_in_nobodys_way),
        TEST(a_writer_that_gives_up_leaves_nothing),
        TEST(tables_larger_than_the_buffers_come_out_whole),
        cmocka_unit_test(a_line_is_utf8_without_control_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
