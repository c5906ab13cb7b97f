/* Files of keys: lines of CSV and JSON, and how they are read. */
#include "lib/base/err.h"
#include "tools/import_file.h"
#include "tools/import_line.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROOM = 1024, PATH_BYTES = 64 };

/* --- lines ------------------------------------------------------------------------------------ */

static void lines_become_keys(void **state)
{
    static const struct {
        const char *first;
        const char *line;
        const char *key;
    } rows[] = {
        {"name,key,user", "a,sk-1,ada", "{\"name\":\"a\",\"key\":\"sk-1\",\"user\":\"ada\"}"},
        {" sha256 , name", "00ff,a", "{\"sha256\":\"00ff\",\"name\":\"a\"}"},
        {"name,key,user,group", "a,sk-1,,", "{\"name\":\"a\",\"key\":\"sk-1\"}"},
        {"name,key,models,scopes", "a,k,\"m1,org/m2:v\",list call",
         "{\"name\":\"a\",\"key\":\"k\",\"allowed_models\":[\"m1\",\"org/m2:v\"],"
         "\"scopes\":[\"list\",\"call\"]}"},
        {"name,key,allowed_models,expires", "a,k,all,never",
         "{\"name\":\"a\",\"key\":\"k\",\"allowed_models\":\"all\",\"expires\":null}"},
        {"name,key,models,disabled", "a,k, m1; m2 ;,true",
         "{\"name\":\"a\",\"key\":\"k\",\"allowed_models\":[\"m1\",\"m2\"],\"disabled\":true}"},
        {"name,key", "\"a\",\"say \"\"x\"\", y\"", "{\"name\":\"a\",\"key\":\"say \\\"x\\\", y\"}"},
        {"{", "{\"name\":\"a\",\"key\":\"k\"}", "{\"name\":\"a\",\"key\":\"k\"}"},
        {"{", " { \"name\" : \"a\", \"models\":[\"m\"] ,\"sha256\":\"0\"} ",
         "{\"name\":\"a\",\"allowed_models\":[\"m\"],\"sha256\":\"0\"}"},
        {"{", "{\"n\\u0061me\":\"a\",\"key\":\"k\",\"expires\":null}",
         "{\"name\":\"a\",\"key\":\"k\",\"expires\":null}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char memory[ROOM];
        struct text out = text_over(memory, sizeof(memory));
        struct import_format format;
        struct import_places places;
        struct import_problem problem;

        assert_int_equal(import_format_find(span_of(rows[i].first), &format, &problem), 0);
        assert_int_equal(import_line_read(&format, span_of(rows[i].line), &out, &places, &problem),
                         0);
        assert_true(span_equal(text_span(&out), span_of(rows[i].key)));
    }
}

static void bad_lines_are_told_with_their_column(void **state)
{
    static const struct {
        const char *first;
        const char *line;
        uint32_t column;
        const char *sentence;
    } rows[] = {
        {"name,key", "a", 2, "the line has fewer fields than the first one"},
        {"name,key", "a,b,c", 5, "the line has more fields than the first one"},
        {"name,key", "a,\"b", 3, "the field is not closed on its line"},
        {"name,key", "a,\"b\"c", 6, "a comma is missing behind the closing quote"},
        {"name,key", "a,b\"c", 4, "a quote stands inside a field that does not begin with one"},
        {"name,key", ",k", 1, "`name` is missing"},
        {"name,key,sha256", "a,,", 1, "either `key` or `sha256` is given"},
        {"name,key,sha256", "a,k,00", 1, "either `key` or `sha256` is given"},
        {"name,key,disabled", "a,k,no", 5, "`disabled` is true or false"},
        {"{", "{\"name\":\"a\" \"key\":1}", 13, "this is not JSON"},
        {"{", "{\"name\":\"a\"", 12, "the JSON ends too early"},
        {"{", "[1]", 1, "a JSON object is expected"},
        {"{", "{\"name\":\"a\",\"kye\":\"k\"}", 13, "`kye` is nothing that a key has"},
        {"{", "{\"name\":\"a\",\"sk-12345\":1}", 13, "this is nothing that a key has"},
        {"{", "{\"name\":\"a\",\"name\":\"b\"}", 13, "`name` is there twice"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char memory[ROOM];
        struct text out = text_over(memory, sizeof(memory));
        struct import_format format;
        struct import_places places;
        struct import_problem problem;

        text_add(&out, SPAN("kept"));
        assert_int_equal(import_format_find(span_of(rows[i].first), &format, &problem), 0);
        assert_int_equal(import_line_read(&format, span_of(rows[i].line), &out, &places, &problem),
                         ERR_INVALID);
        assert_int_equal(problem.column, rows[i].column);
        assert_string_equal(problem.sentence, rows[i].sentence);
        assert_true(span_equal(text_span(&out), SPAN("kept")));
    }
}

static void a_first_line_that_names_no_columns_is_refused(void **state)
{
    static const struct {
        const char *line;
        uint32_t column;
    } rows[] = {
        {"", 1},
        {"name", 1},
        {"key,user", 1},
        {"name,key,usr", 10},
        {"name,key,name", 10},
        {"name,key,models,allowed_models", 17},
        {"ada-laptop,sk-secret-1", 1},
        {"name,\"key", 6},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct import_format format;
        struct import_problem problem;

        assert_int_equal(import_format_find(span_of(rows[i].line), &format, &problem), ERR_INVALID);
        assert_int_equal(problem.column, rows[i].column);
        assert_null(strstr(problem.sentence, "secret"));
    }
}

static void the_place_of_each_field_is_kept(void **state)
{
    char memory[ROOM];
    struct text out = text_over(memory, sizeof(memory));
    struct import_format format;
    struct import_places places;
    struct import_problem problem;

    (void)state;
    assert_int_equal(import_format_find(SPAN("name,key,user"), &format, &problem), 0);
    assert_int_equal(import_line_read(&format, SPAN("abc,\"k\",u"), &out, &places, &problem), 0);
    assert_int_equal(places.column[IMPORT_FIELD_NAME], 1);
    assert_int_equal(places.column[IMPORT_FIELD_KEY], 5);
    assert_int_equal(places.column[IMPORT_FIELD_USER], 9);
    assert_int_equal(places.column[IMPORT_FIELD_GROUP], 0);
}

static void a_key_that_does_not_fit_leaves_the_batch_as_it_was(void **state)
{
    const struct span line = SPAN("{\"name\":\"a\",\"key\":\"k\"}");
    struct import_format format = {.is_json = true};
    struct import_places places;
    struct import_problem problem;

    (void)state;
    for (size_t room = 0; room < line.len; room++) {
        char memory[ROOM];
        struct text out = text_over(memory, room);

        assert_int_equal(import_line_read(&format, line, &out, &places, &problem), ERR_NO_SPACE);
        assert_int_equal(out.len, 0);
        assert_int_equal(out.err, 0);
    }
}

/* --- files ------------------------------------------------------------------------------------ */

static struct import_file file;

static void write_file(char path[static PATH_BYTES], struct span bytes)
{
    (void)snprintf(path, PATH_BYTES, "/tmp/weir-import-XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), (ssize_t)bytes.len);
    (void)close(fd);
}

static void lines_end_as_files_of_any_system_end_them(void **state)
{
    static const char *const lines[] = {"a", "b", "", "c,d"};
    static const struct {
        const char *bytes;
    } rows[] = {{"a\nb\n\nc,d"},
                {"a\nb\n\nc,d\n"},
                {"\xef\xbb\xbf"
                 "a\r\nb\r\n\r\nc,d\r\n"}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[PATH_BYTES];
        struct span line;

        write_file(path, span_of(rows[i].bytes));
        assert_int_equal(import_file_open(&file, path), 0);
        for (size_t n = 0; n < sizeof(lines) / sizeof(lines[0]); n++) {
            assert_int_equal(import_file_next(&file, &line), 1);
            assert_true(span_equal(line, span_of(lines[n])));
            assert_int_equal(file.line, n + 1);
        }
        assert_int_equal(import_file_next(&file, &line), 0);
        assert_int_equal(file.bytes_read, strlen(rows[i].bytes));
        assert_int_equal(file.bytes, strlen(rows[i].bytes));
        import_file_close(&file);
        (void)unlink(path);
    }
}

static void a_line_that_is_too_long_is_refused(void **state)
{
    static char bytes[IMPORT_LINE_BYTES_MAX * 3];
    char path[PATH_BYTES];
    struct span line;

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    bytes[1] = '\n';
    write_file(path, (struct span){bytes, sizeof(bytes)});
    assert_int_equal(import_file_open(&file, path), 0);
    assert_int_equal(import_file_next(&file, &line), 1);
    assert_int_equal(import_file_next(&file, &line), -1);
    assert_int_equal(errno, EMSGSIZE);
    import_file_close(&file);
    (void)unlink(path);
}

static void long_files_are_read_across_the_edges_of_the_buffer(void **state)
{
    static char bytes[IMPORT_LINE_BYTES_MAX * 5];
    char path[PATH_BYTES];
    struct span line;
    size_t len = 0;
    uint64_t lines = 0;

    (void)state;
    for (; len + 1003 < sizeof(bytes); lines++) {
        size_t n = 1 + lines % 1000;

        memset(bytes + len, 'a' + (int)(lines % 26), n);
        bytes[len + n] = '\n';
        len += n + 1;
    }
    write_file(path, (struct span){bytes, len});
    assert_int_equal(import_file_open(&file, path), 0);
    for (uint64_t n = 0; n < lines; n++) {
        assert_int_equal(import_file_next(&file, &line), 1);
        assert_int_equal(line.len, 1 + n % 1000);
        assert_int_equal(line.ptr[line.len - 1], 'a' + (int)(n % 26));
    }
    assert_int_equal(import_file_next(&file, &line), 0);
    import_file_close(&file);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_keys),
        cmocka_unit_test(bad_lines_are_told_with_their_column),
        cmocka_unit_test(a_first_line_that_names_no_columns_is_refused),
        cmocka_unit_test(the_place_of_each_field_is_kept),
        cmocka_unit_test(a_key_that_does_not_fit_leaves_the_batch_as_it_was),
        cmocka_unit_test(lines_end_as_files_of_any_system_end_them),
        cmocka_unit_test(a_line_that_is_too_long_is_refused),
        cmocka_unit_test(long_files_are_read_across_the_edges_of_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
