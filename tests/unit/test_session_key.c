/* state_dir/session-key: found, made, replaced, and left alone. */
#include "lib/base/err.h"
#include "shm/session_key.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_BYTES = 128 };

static char folder[PATH_BYTES];

static const char *in_folder(const char *name)
{
    static char path[2 * PATH_BYTES];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/weir-session-key-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(in_folder(SESSION_KEY_FILE_NAME));
    (void)unlink(in_folder(SESSION_KEY_FILE_NAME_NEW));
    (void)rmdir(in_folder(SESSION_KEY_FILE_NAME));
    return rmdir(folder);
}

static void write_file(const char *name, const void *bytes, size_t len, mode_t mode)
{
    int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, mode);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    assert_int_equal(close(fd), 0);
}

static void assert_file_is(const uint8_t key[static SESSION_KEY_BYTES])
{
    uint8_t bytes[SESSION_KEY_BYTES + 1];
    struct stat info;
    int fd = open(in_folder(SESSION_KEY_FILE_NAME), O_RDONLY);

    assert_true(fd >= 0);
    assert_int_equal(read(fd, bytes, sizeof(bytes)), SESSION_KEY_BYTES);
    assert_memory_equal(bytes, key, SESSION_KEY_BYTES);
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(info.st_mode & 0777, SESSION_KEY_FILE_MODE);
    assert_int_equal(close(fd), 0);
    assert_int_not_equal(access(in_folder(SESSION_KEY_FILE_NAME_NEW), F_OK), 0);
}

static void a_missing_key_is_made_and_found_from_then_on(void **state)
{
    uint8_t made[SESSION_KEY_BYTES] = {0};
    uint8_t found[SESSION_KEY_BYTES] = {0};
    const uint8_t zeros[SESSION_KEY_BYTES] = {0};
    enum session_key_source source;

    (void)state;
    assert_int_equal(session_key_keep(folder, made, &source), 0);
    assert_int_equal(source, SESSION_KEY_MADE);
    assert_memory_not_equal(made, zeros, sizeof(made));
    assert_file_is(made);
    assert_int_equal(session_key_keep(folder, found, &source), 0);
    assert_int_equal(source, SESSION_KEY_FOUND);
    assert_memory_equal(found, made, sizeof(made));
}

static void a_file_of_another_size_is_replaced(void **state)
{
    static const uint8_t bytes[2 * SESSION_KEY_BYTES] = {1};
    static const size_t sizes[] = {0, 1, SESSION_KEY_BYTES - 1, SESSION_KEY_BYTES + 1,
                                   sizeof(bytes)};
    uint8_t key[SESSION_KEY_BYTES];
    enum session_key_source source;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        write_file(SESSION_KEY_FILE_NAME, bytes, sizes[i], 0644);
        assert_int_equal(session_key_keep(folder, key, &source), 0);
        assert_int_equal(source, SESSION_KEY_REPLACED);
        assert_memory_not_equal(key, bytes, sizeof(key));
        assert_file_is(key);
    }
}

/* With its mode it would be as readable for others as it was. */
static void what_a_crash_has_left_is_not_used(void **state)
{
    uint8_t key[SESSION_KEY_BYTES];
    enum session_key_source source;

    (void)state;
    write_file(SESSION_KEY_FILE_NAME_NEW, "half a key", 10, 0666);
    assert_int_equal(session_key_keep(folder, key, &source), 0);
    assert_int_equal(source, SESSION_KEY_MADE);
    assert_file_is(key);
}

static void what_is_no_file_of_ours_is_left_alone(void **state)
{
    uint8_t key[SESSION_KEY_BYTES];
    enum session_key_source source;

    (void)state;
    assert_int_equal(mkdir(in_folder(SESSION_KEY_FILE_NAME), 0700), 0);
    assert_int_equal(session_key_keep(folder, key, &source), ERR_INVALID);
    assert_int_equal(rmdir(in_folder(SESSION_KEY_FILE_NAME)), 0);

    assert_int_equal(symlink("/dev/zero", in_folder(SESSION_KEY_FILE_NAME)), 0);
    assert_int_equal(session_key_keep(folder, key, &source), ERR_IO);
    assert_int_equal(unlink(in_folder(SESSION_KEY_FILE_NAME)), 0);

    assert_int_equal(mkfifo(in_folder(SESSION_KEY_FILE_NAME), 0600), 0);
    assert_int_equal(session_key_keep(folder, key, &source), ERR_INVALID);
}

static void a_folder_that_is_not_there_gives_no_key(void **state)
{
    uint8_t key[SESSION_KEY_BYTES];
    enum session_key_source source;

    (void)state;
    assert_int_equal(session_key_keep("/nonexistent", key, &source), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_missing_key_is_made_and_found_from_then_on, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_of_another_size_is_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_crash_has_left_is_not_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_file_of_ours_is_left_alone, set_up, tear_down),
        cmocka_unit_test(a_folder_that_is_not_there_gives_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
