/* Method: every edit plan over a body in small chunks is read in every piece size and from every
 * offset, and must equal the same edits made on a flat string. */
#include "worker/upload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { BODY_BYTES_MAX = 256 };

static const struct {
    const char *body;
    size_t chunk_bytes;
    struct call_plan plan;
    const char *edited;
} rows[] = {
    {"{\"model\":\"a\"}", 100, {.edit_count = 0}, "{\"model\":\"a\"}"},
    {"{\"model\":\"a\"}",
     3,
     {.edit_count = 1, .edits = {{9, 12, {"\"bcd\"", 5}}}},
     "{\"model\":\"bcd\"}"},
    {"{\"model\":\"a\"}",
     1,
     {.edit_count = 1, .edits = {{9, 12, {"\"bcd\"", 5}}}},
     "{\"model\":\"bcd\"}"},
    {"{\"model\":\"abcdef\",\"x\":1}",
     5,
     {.edit_count = 2, .edits = {{1, 1, {"\"y\":2,", 6}}, {9, 17, {"\"m\"", 3}}}},
     "{\"y\":2,\"model\":\"m\",\"x\":1}"},
    {"0123456789",
     4,
     {.edit_count = 3, .edits = {{0, 1, {"A", 1}}, {1, 1, {"B", 1}}, {9, 10, {"", 0}}}},
     "AB12345678"},
};

static struct chunk *make_chunks(const char *body, size_t chunk_bytes)
{
    struct chunk *first = NULL;
    struct chunk **link = &first;

    for (size_t at = 0; at < strlen(body); at += chunk_bytes) {
        struct chunk *chunk = calloc(1, sizeof(*chunk));
        size_t left = strlen(body) - at;

        assert_non_null(chunk);
        chunk->end = (uint32_t)(left < chunk_bytes ? left : chunk_bytes);
        memcpy(chunk->bytes, body + at, chunk->end);
        *link = chunk;
        link = &chunk->next;
    }
    return first;
}

static void free_chunks(struct chunk *chunk)
{
    while (chunk != NULL) {
        struct chunk *next = chunk->next;

        free(chunk);
        chunk = next;
    }
}

static void check_row(size_t row, size_t piece)
{
    const char *body = rows[row].body;
    const char *edited = rows[row].edited;
    struct chunk *chunks = make_chunks(body, rows[row].chunk_bytes);
    struct upload upload;
    char out[BODY_BYTES_MAX];

    upload_init(&upload, chunks, strlen(body), &rows[row].plan);
    for (size_t from = 0; from <= strlen(edited); from++) {
        size_t at = from;
        size_t count;

        while ((count = upload_read(&upload, at, out + at, piece)) > 0)
            at += count;
        assert_int_equal(at, strlen(edited));
        assert_memory_equal(out + from, edited + from, strlen(edited) - from);
    }
    free_chunks(chunks);
}

static void every_piece_size_and_offset_gives_the_edited_body(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        for (size_t piece = 1; piece < 40; piece++)
            check_row(row, piece);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_size_and_offset_gives_the_edited_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
