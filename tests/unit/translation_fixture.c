#include "tests/unit/translation_fixture.h"

#include "lib/base/err.h"
#include "tests/unit/stream_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    MEMORY_BYTES = 4 << 20,
    OUT_BYTES = 1 << 20,
    EVENT_BYTES_MAX = 256 * 1024,
    VALUES_MAX = 100 * 1000,
    DEPTH_MAX = 64,
    SEED = 7,
};

struct translations {
    struct region memory;
    struct region scratch;
    struct region results; /* what a test is given */
    char *out;
    struct hub_notes notes;
};

int open_translations(void **state)
{
    static struct translations translations;

    *state = &translations;
    translations.out = malloc(OUT_BYTES);
    if (translations.out == NULL || region_init(&translations.memory, MEMORY_BYTES) != 0 ||
        region_init(&translations.scratch, MEMORY_BYTES) != 0)
        return -1;
    return region_init(&translations.results, MEMORY_BYTES);
}

int close_translations(void **state)
{
    struct translations *translations = *state;

    region_close(&translations->memory);
    region_close(&translations->scratch);
    region_close(&translations->results);
    free(translations->out);
    return 0;
}

void assert_text(struct span got, struct span wanted)
{
    if (!span_equal(got, wanted))
        fail_msg("\n%.*s\nis not\n%.*s", SPAN_FMT(got), SPAN_FMT(wanted));
}

struct translation_rules translation_rules(enum wire_protocol from, enum wire_protocol to)
{
    return (struct translation_rules){
        .from = from,
        .to = to,
        .answer = {.slug_json = SPAN("\"the-model\""), .id = SPAN("ID"), .created_s = 1700000000},
        .id_seed = SEED,
        .event_bytes_max = EVENT_BYTES_MAX,
    };
}

/* --- streams ---------------------------------------------------------------------------------- */

/** Memory of exactly the piece's size, so that reading past it is seen. */
static int feed(struct translation *translation, struct span piece, struct region *scratch,
                struct text *out)
{
    char *memory = malloc(piece.len);
    int err;

    assert_non_null(memory);
    memcpy(memory, piece.ptr, piece.len);
    err = translation_feed(translation, (struct span){memory, piece.len}, scratch, out);
    assert_int_equal(region_mark(scratch), 0);
    /* What was fed is gone. */
    memset(memory, '#', piece.len);
    free(memory);
    return err;
}

static struct translated end(struct translations *translations, struct translation *translation,
                             int err, struct text *out)
{
    int finish = translation_finish(translation, &translations->scratch, out);

    return (struct translated){
        .err = err != 0 ? err : finish,
        .state = (enum translation_state)translation->state,
        .out = region_copy(&translations->results, text_span(out)),
        .usage = translation->usage,
        .error = {.err = translation->error.err,
                  .message = region_copy(&translations->results, translation->error.message)},
    };
}

/** Two pieces, the first one of `first` bytes, or pieces of `step` bytes. */
static struct translated run(struct translations *translations,
                             const struct translation_rules *rules, struct span bytes, size_t first,
                             size_t step)
{
    struct text out = text_over(translations->out, OUT_BYTES);
    struct translation translation;
    size_t len = first;
    int err = 0;

    region_reset(&translations->memory);
    translation_init(&translation, rules, &translations->memory);
    while (bytes.len > 0 && err == 0) {
        if (len == 0 || len > bytes.len)
            len = bytes.len;
        err = feed(&translation, (struct span){bytes.ptr, len}, &translations->scratch, &out);
        bytes = span_skip(bytes, len);
        len = step;
    }
    return end(translations, &translation, err, &out);
}

struct translated translate_stream(struct translations *translations,
                                   const struct translation_rules *rules, struct span bytes,
                                   size_t step)
{
    return run(translations, rules, bytes, step, step);
}

/** The stream with other line ends. */
static struct span with_ends(struct translations *translations, struct span bytes, struct span end)
{
    struct text text = region_text(&translations->results);

    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.ptr[i] == '\n')
            text_add(&text, end);
        else
            text_add_char(&text, bytes.ptr[i]);
    }
    region_keep_text(&translations->results, &text);
    return text_span(&text);
}

struct translated check_translation(struct translations *translations,
                                    const struct translation_rules *rules, struct span bytes,
                                    struct span wanted)
{
    static const struct span ends[] = {{"\n", 1}, {"\r\n", 2}, {"\r", 1}};
    struct translated whole = {0};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct span stream = with_ends(translations, bytes, ends[i]);
        size_t mark;

        whole = run(translations, rules, stream, 0, 0);
        assert_text(whole.out, wanted);
        mark = region_mark(&translations->results);
        for (size_t cut = 0; cut < stream.len; cut++) {
            /* The first round is the one that goes byte by byte. */
            struct translated again = run(translations, rules, stream, cut == 0 ? 1 : cut,
                                          cut == 0 ? 1 : 0);

            assert_text(again.out, wanted);
            assert_int_equal(again.err, whole.err);
            assert_int_equal(again.state, whole.state);
            assert_memory_equal(&again.usage, &whole.usage, sizeof(whole.usage));
            region_cut(&translations->results, mark);
        }
    }
    if (whole.err == 0 && whole.state == TRANSLATION_COMPLETE) {
        const char *wrong = check_stream(&translations->scratch, rules->to, whole.out);

        region_reset(&translations->scratch);
        if (wrong != NULL)
            fail_msg("%s in\n%.*s", wrong, SPAN_FMT(whole.out));
    }
    return whole;
}

void check_streams(struct translations *translations, const struct translation_rules *rules,
                   const struct translation_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct translated done = check_translation(translations, rules, rows[i].given,
                                                   rows[i].wanted);

        assert_int_equal(done.err, 0);
        assert_int_equal(done.state, TRANSLATION_COMPLETE);
    }
}

/* --- whole answers and requests --------------------------------------------------------------- */

int translate_answer(struct translations *translations, const struct translation_rules *rules,
                     struct span body, struct translated *out)
{
    struct text text = text_over(translations->out, OUT_BYTES);
    struct translation_said said;
    int err = translation_answer(rules, body, &translations->scratch, &said, &text);

    *out = (struct translated){
        .err = err,
        .out = region_copy(&translations->results, text_span(&text)),
        .usage = said.usage,
        .error = {.err = said.error.err,
                  .message = region_copy(&translations->results, said.error.message)},
    };
    region_reset(&translations->scratch);
    return err;
}

struct codec_target translation_target(enum wire_protocol protocol)
{
    static const enum provider_kind kinds[PROTOCOL_COUNT] = {
        [PROTOCOL_OPENAI] = PROVIDER_OPENAI,
        [PROTOCOL_ANTHROPIC] = PROVIDER_ANTHROPIC,
        [PROTOCOL_GEMINI] = PROVIDER_GEMINI,
    };
    static const uint8_t thinking[PROTOCOL_COUNT] = {
        [PROTOCOL_OPENAI] = THINKING_EFFORT,
        [PROTOCOL_ANTHROPIC] = THINKING_ADAPTIVE,
        [PROTOCOL_GEMINI] = THINKING_LEVEL,
    };

    return (struct codec_target){
        .traits = {.sampling = SAMPLING_ALL,
                   .thinking = thinking[protocol],
                   .structured_output = STRUCTURED_NATIVE,
                   .developer_role = true,
                   .part_arrays = true,
                   .image_urls = true,
                   .parallel_tools = true,
                   .json_schemas = true},
        .provider = kinds[protocol],
        .upstream_model = SPAN("upstream-1"),
    };
}

struct translated_request translate_request(struct translations *translations,
                                            enum wire_protocol from, enum wire_protocol to,
                                            const struct codec_target *target, struct span body)
{
    struct text out = text_over(translations->out, OUT_BYTES);
    const struct translation_request request = {
        .from = from,
        .to = to,
        .body = body,
        .depth_max = DEPTH_MAX,
        .values_max = VALUES_MAX,
        .target = *target,
        .scratch = &translations->scratch,
        .memory = &translations->memory,
    };
    struct translated_request done = {.notes = &translations->notes};

    hub_notes_init(&translations->notes, false);
    done.err = translation_request(&request, done.notes, &done.keep, &out);
    region_reset(&translations->scratch);
    done.out = region_copy(&translations->results, text_span(&out));
    return done;
}
