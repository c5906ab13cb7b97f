/* The JSON scanner: its grammar, what it tells of watched members, and that cuts change nothing. */
#include "lib/wire/json_scan.h"

#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DEPTH = 8, TRACE_BYTES = 4096 };

/** A span in a static table, which may hold a NUL. */
#define TEXT(literal)                   \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    }

static const struct json_path paths[] = {
    {{"model"}},
    {{"usage"}},
    {{"usage", "prompt_tokens"}},
    {{"usage", "details", "cached"}},
    {{"a", "b", "c", "d"}},
    {{"list", JSON_EACH_ITEM, "why"}},
    {{JSON_EACH_ITEM, "top"}},
};

/** What was told while a text was fed: `<path@offset:type` and `>path@offset=raw`, in order; `~` inexact, `!` empty. */
struct trace {
    char text[TRACE_BYTES];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void note(struct trace *trace, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start() stands right above */
    len = vsnprintf(trace->text + trace->len, sizeof(trace->text) - trace->len, format, args);
    va_end(args);
    assert_true(len >= 0 && (size_t)len < sizeof(trace->text) - trace->len);
    trace->len += (size_t)len;
}

static void note_hit(struct trace *trace, enum json_event event, const struct json_hit *hit)
{
    note(trace, "%c%u%s@%lu", event == JSON_VALUE_BEGIN ? '<' : '>', hit->path,
         hit->exact ? "" : "~", (unsigned long)hit->offset);
    if (event == JSON_VALUE_BEGIN)
        note(trace, ":%d", (int)hit->type);
    else if (hit->type <= JSON_ARRAY)
        note(trace, "%s", hit->is_empty ? "!" : "");
    else
        note(trace, "=%.*s%s", SPAN_FMT(hit->raw), hit->raw_is_whole ? "" : "...");
    note(trace, " ");
}

/** Feeds one piece from memory of exactly its size, so that a read past it is seen. */
static bool feed(struct json_scan *scan, struct span piece, struct trace *trace)
{
    char *copy = malloc(piece.len + 1);
    const char *cursor = copy + 1;
    const char *end = copy + 1 + piece.len;
    enum json_event event;

    assert_non_null(copy);
    memcpy(copy + 1, piece.ptr, piece.len);
    do {
        struct json_hit hit;

        event = json_scan_next(scan, &cursor, end, &hit);
        if (event == JSON_VALUE_BEGIN || event == JSON_VALUE_END)
            note_hit(trace, event, &hit);
    } while (event != JSON_MORE && event != JSON_INVALID);
    assert_true(event == JSON_INVALID || cursor == end);
    free(copy);
    return event != JSON_INVALID;
}

/** Feeds `text` in pieces of `step` bytes after a first one of `first`. */
static int scan_in_pieces(struct span text, size_t first, size_t step, struct trace *trace)
{
    struct json_scan scan;
    size_t piece = first;

    json_scan_init(&scan, paths, sizeof(paths) / sizeof(paths[0]), DEPTH);
    trace->len = 0;
    trace->text[0] = '\0';
    while (text.len > 0) {
        if (piece > text.len)
            piece = text.len;
        if (!feed(&scan, (struct span){text.ptr, piece}, trace))
            return ERR_BAD_JSON;
        text = span_skip(text, piece);
        piece = step;
    }
    return json_scan_end(&scan);
}

/** Scans whole, byte by byte and cut at every offset; all must agree. */
static int scan_every_way(struct span text, struct trace *whole)
{
    struct trace *other = malloc(sizeof(*other));
    int err = scan_in_pieces(text, text.len, 1, whole);

    assert_non_null(other);
    for (size_t first = 1; first <= text.len; first++) {
        assert_int_equal(scan_in_pieces(text, first, text.len, other), err);
        assert_string_equal(other->text, whole->text);
    }
    assert_int_equal(scan_in_pieces(text, 1, 1, other), err);
    assert_string_equal(other->text, whole->text);
    free(other);
    return err;
}

static const struct span accepted[] = {
    TEXT("{}"),
    TEXT("[]"),
    TEXT(" [ ] "),
    TEXT("\t\r\n{\t\r\n}\t\r\n"),
    TEXT("0"),
    TEXT("-0"),
    TEXT("123"),
    TEXT("-0.5"),
    TEXT("1e5"),
    TEXT("1E+5"),
    TEXT("1e-05"),
    TEXT("0e0"),
    TEXT("1.25e+10"),
    TEXT("[1e999999999]"),
    TEXT("[-1e-999999999999999999999999999999]"),
    TEXT("123456789012345678901234567890123456789012345678901234567890"),
    TEXT("true"),
    TEXT("false"),
    TEXT("null"),
    TEXT("[true,false,null]"),
    TEXT("\"\""),
    TEXT("\"a\""),
    TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
    TEXT("\"\\u0000\\u001f\\u00e9\\uFFFF\\uabCD\""),
    TEXT("\"\\ud83d\\ude00\""),
    TEXT("\"\\uD800\\uDC00\\uDBFF\\uDFFF\""),
    TEXT("\"\x7f\""),
    TEXT("\"\xc3\xa9\xf0\x9f\x98\x80\""),
    TEXT("\"\xff\xfe\x80\""), /* not UTF-8: passed on as it is */
    TEXT("\"0123456789abcdef0123456789abcdef\""),
    TEXT("{\"a\":1}"),
    TEXT("{\"a\":1,\"a\":2}"),
    TEXT("{\"\":{\"\":[]}}"),
    TEXT("{\"a\":[1,{\"b\":[[]]},\"c\"],\"d\":null}"),
    TEXT("{ \"a\" : [ 1 , 2 ] , \"b\" : { } }"),
    TEXT("[[[[[[[[]]]]]]]]"),
    TEXT("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}"),
};

static const struct span refused[] = {
    TEXT(""),
    TEXT(" "),
    TEXT("\xef\xbb\xbf{}"),
    TEXT("\0"),
    TEXT("{}\0"),
    TEXT("{\0}"),
    TEXT("\"\0\""),
    TEXT("{} {}"),
    TEXT("{}x"),
    TEXT("{},"),
    TEXT("{}]"),
    TEXT("[]}"),
    TEXT("1 2"),
    TEXT("1,"),
    TEXT("{"),
    TEXT("["),
    TEXT("}"),
    TEXT("]"),
    TEXT(","),
    TEXT(":"),
    TEXT("[}"),
    TEXT("{]"),
    TEXT("[1}"),
    TEXT("{\"a\":1]"),
    TEXT("[1,]"),
    TEXT("[,1]"),
    TEXT("[1,,2]"),
    TEXT("[1 2]"),
    TEXT("[1"),
    TEXT("[1,"),
    TEXT("{\"a\":1,}"),
    TEXT("{,\"a\":1}"),
    TEXT("{\"a\"}"),
    TEXT("{\"a\":}"),
    TEXT("{\"a\",1}"),
    TEXT("{\"a\"::1}"),
    TEXT("{\"a\" 1}"),
    TEXT("{\"a\":1 \"b\":2}"),
    TEXT("{\"a\":1,,\"b\":2}"),
    TEXT("{\"a\":1,1}"),
    TEXT("{a:1}"),
    TEXT("{'a':1}"),
    TEXT("{1:1}"),
    TEXT("{null:1}"),
    TEXT("{[]:1}"),
    TEXT("/* c */ {}"),
    TEXT("{} // c"),
    TEXT("# c\n{}"),
    TEXT("{}\v"),
    TEXT("\f{}"),
    TEXT("\xc2\xa0{}"),
    TEXT("-"),
    TEXT("+1"),
    TEXT("01"),
    TEXT("-01"),
    TEXT("00"),
    TEXT(".5"),
    TEXT("1."),
    TEXT("1.e5"),
    TEXT("1e"),
    TEXT("1e+"),
    TEXT("1e5.5"),
    TEXT("1e5e5"),
    TEXT("1.5.5"),
    TEXT("--1"),
    TEXT("-a"),
    TEXT("1a"),
    TEXT("0x10"),
    TEXT("1_000"),
    TEXT("[1-2]"),
    TEXT("[1+2]"),
    TEXT("Infinity"),
    TEXT("-Infinity"),
    TEXT("NaN"),
    TEXT("nan"),
    TEXT("\xef\xbc\x91"),
    TEXT("tru"),
    TEXT("trux"),
    TEXT("True"),
    TEXT("truee"),
    TEXT("nul"),
    TEXT("fals"),
    TEXT("[tru]"),
    TEXT("undefined"),
    TEXT("\""),
    TEXT("\"a"),
    TEXT("'a'"),
    TEXT("\"a\"\""),
    TEXT("\"\n\""),
    TEXT("\"\t\""),
    TEXT("\"\x1f\""),
    TEXT("\"0123456789\x01\""),
    TEXT("\"\\\""),
    TEXT("\"\\a\""),
    TEXT("\"\\v\""),
    TEXT("\"\\x41\""),
    TEXT("\"\\0\""),
    TEXT("\"\\'\""),
    TEXT("\"\\U0041\""),
    TEXT("\"\\u\""),
    TEXT("\"\\u12\""),
    TEXT("\"\\u123\""),
    TEXT("\"\\u123g\""),
    TEXT("\"\\u+123\""),
    TEXT("\"\\ud800\""),
    TEXT("\"\\udbff \\udc00\""),
    TEXT("\"\\ud800\\u0041\""),
    TEXT("\"\\ud800\\ud800\""),
    TEXT("\"\\ud800\\n\""),
    TEXT("\"\\ud800x\""),
    TEXT("\"\\udc00\""),
    TEXT("\"\\udc00\\ud800\""),
    TEXT("{\"\\ud800\":1}"),
    TEXT("{\"a\nb\":1}"),
    TEXT("[[[[[[[[[]]]]]]]]]"),
    TEXT("[[[[[[[[{}]]]]]]]]"),
    TEXT("{\"a\":[[[[[[[[1]]]]]]]]}"),
};

static void every_text_of_the_grammar_is_taken(void **state)
{
    struct trace trace;

    (void)state;
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        if (scan_every_way(accepted[i], &trace) != 0)
            fail_msg("refused: %.*s", SPAN_FMT(accepted[i]));
    }
}

static void nothing_else_is_taken(void **state)
{
    struct trace trace;

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (scan_every_way(refused[i], &trace) != ERR_BAD_JSON)
            fail_msg("taken, row %zu: %.*s", i, SPAN_FMT(refused[i]));
    }
}

static void a_prefix_of_a_text_is_never_complete(void **state)
{
    struct trace trace;

    (void)state;
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        struct span text = span_trim(accepted[i]);

        if (text.ptr[0] != '{' && text.ptr[0] != '[' && text.ptr[0] != '"')
            continue;
        while (text.len > 0 && text.ptr[text.len - 1] <= ' ')
            text.len--;
        for (size_t len = 0; len < text.len; len++) {
            struct span prefix = {text.ptr, len};

            assert_int_equal(scan_in_pieces(prefix, len, 1, &trace), ERR_BAD_JSON);
        }
    }
}

/** Every byte value in the places where most of them are forbidden. */
static void a_forbidden_byte_is_found_anywhere(void **state)
{
    struct trace trace;

    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 20; at++) {
            char text[22] = "\"aaaaaaaaaaaaaaaaaaaa";
            bool fine = byte >= 0x20 && byte != '"' && byte != '\\';

            text[21] = '"';
            text[1 + at] = (char)byte;
            assert_int_equal(scan_in_pieces((struct span){text, 22}, 22, 1, &trace),
                             fine ? 0 : ERR_BAD_JSON);
        }
    }
}

struct told_row {
    struct span text;
    const char *trace;
};

static const struct told_row told[] = {
    {TEXT("{}"), ""},
    {TEXT("{\"x\":1}"), ""},
    {TEXT("{\"model\":\"m\"}"), "<0@9:2 >0@12=m "},
    {TEXT("{ \"model\" : \"m\" }"), "<0@12:2 >0@15=m "},
    {TEXT("{\"model\":\"\"}"), "<0@9:2 >0@11= "},
    {TEXT("{\"model\":\"a\\n\\u0041\\ud83d\\ude00\"}"), "<0@9:2 >0@32=a\\n\\u0041\\ud83d\\ude00 "},
    {TEXT("{\"model\":12.5e3}"), "<0@9:3 >0@15=12.5e3 "},
    {TEXT("{\"model\":7 ,\"x\":1}"), "<0@9:3 >0@10=7 "},
    {TEXT("{\"model\":true}"), "<0@9:4 >0@13=true "},
    {TEXT("{\"model\":false}"), "<0@9:5 >0@14=false "},
    {TEXT("{\"model\":null}"), "<0@9:6 >0@13=null "},
    {TEXT("{\"model\":{}}"), "<0@9:0 >0@11! "},
    {TEXT("{\"model\":[1,[2]]}"), "<0@9:1 >0@16 "},
    {TEXT("{\"model\":[[]]}"), "<0@9:1 >0@13 "},
    {TEXT("{\"model\":[ ]}"), "<0@9:1 >0@12! "},
    {TEXT("{\"model\":{\"model\":\"x\"}}"), "<0@9:0 >0@22 "},
    {TEXT("{\"x\":{\"model\":\"x\"}}"), ""},
    {TEXT("[{\"model\":\"x\"}]"), ""},
    {TEXT("{\"x\":[{\"model\":\"x\"}],\"model\":\"y\"}"), "<0@29:2 >0@32=y "},
    {TEXT("{\"model\":1,\"model\":2}"), "<0@9:3 >0@10=1 <0@19:3 >0@20=2 "},
    {TEXT("{\"Model\":\"m\"}"), "<0~@9:2 >0~@12=m "},
    {TEXT("{\"mODEL\":\"m\",\"model\":\"n\"}"), "<0~@9:2 >0~@12=m <0@21:2 >0@24=n "},
    {TEXT("{\"\\u006dodel\":\"m\"}"), "<0@14:2 >0@17=m "},
    {TEXT("{\"\\u006D\\u006f\\u0064\\u0065\\u006c\":\"m\"}"), "<0@34:2 >0@37=m "},
    {TEXT("{\"\\u004dodel\":\"m\"}"), "<0~@14:2 >0~@17=m "},
    {TEXT("{\"model\\u0000\":\"m\"}"), ""},
    {TEXT("{\"\\u0000model\":\"m\"}"), ""},
    {TEXT("{\"model\\u00e9\":\"m\"}"), ""},
    {TEXT("{\"mode\":1,\"models\":2,\"odel\":3,\"m\":4,\"\":5}"), ""},
    {TEXT("{\"model \":1,\" model\":2,\"mod\\u0065l\\n\":3}"), ""},
    {TEXT("{\"usage\":null}"), "<1@9:6 >1@13=null "},
    {TEXT("{\"usage\":{\"prompt_tokens\":5}}"), "<1@9:0 <2@26:3 >2@27=5 >1@28 "},
    {TEXT("{\"usage\":{\"prompt_tokens\":5,\"x\":{\"prompt_tokens\":6}}}"),
     "<1@9:0 <2@26:3 >2@27=5 >1@52 "},
    {TEXT("{\"usage\":[{\"prompt_tokens\":5}]}"), "<1@9:1 >1@30 "},
    {TEXT("{\"USAGE\":{\"prompt_tokens\":5}}"), "<1~@9:0 <2~@26:3 >2~@27=5 >1~@28 "},
    {TEXT("{\"USAGE\":{\"prompt_tokens\":5},\"usage\":{\"prompt_tokens\":6}}"),
     "<1~@9:0 <2~@26:3 >2~@27=5 >1~@28 <1@37:0 <2@54:3 >2@55=6 >1@56 "},
    {TEXT("{\"usage\":{\"details\":{\"cached\":5,\"Cached\":6}}}"),
     "<1@9:0 <3@30:3 >3@31=5 <3~@41:3 >3~@42=6 >1@44 "},
    {TEXT("{\"usage\":{\"cached\":1},\"details\":{\"cached\":5}}"), "<1@9:0 >1@21 "},
    {TEXT("{\"a\":{\"b\":{\"c\":{\"d\":{\"a\":1}}}}}"), "<4@20:0 >4@27 "},
    {TEXT("{\"a\":{\"b\":{\"c\":{\"x\":0,\"d\":[]}}}}"), "<4@26:1 >4@28! "},
    {TEXT("{\"a\":{\"b\":{\"c\":{\"x\":{\"d\":1}}}}}"), ""},
    {TEXT("{\"a\":{\"b\":[{\"c\":{\"d\":1}}]}}"), ""},
    {TEXT("{\"a\":1,\"b\":{\"c\":{\"d\":1}}}"), ""},
    {TEXT("{\"list\":[{\"why\":1},2,{\"x\":[],\"why\":3}]}"), "<5@16:3 >5@17=1 <5@35:3 >5@36=3 "},
    {TEXT("{\"list\":{\"why\":1,\"[]\":{\"why\":2}}}"), ""},
    {TEXT("{\"list\":[[{\"why\":1}]]}"), ""},
    {TEXT("{\"LIST\":[{\"why\":1}]}"), "<5~@16:3 >5~@17=1 "},
    {TEXT("[{\"top\":1},[],{\"top\":2}]"), "<6@8:3 >6@9=1 <6@21:3 >6@22=2 "},
    {TEXT("{\"top\":1,\"[]\":{\"top\":1}}"), ""},
    {TEXT("{\"model\":tru}"), "<0@9:4 "},
    {TEXT("{\"model\":01}"), "<0@9:3 "},
    {TEXT("{\"model\":x}"), ""},
};

static void watched_members_are_told_where_they_stand(void **state)
{
    struct trace trace;

    (void)state;
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        scan_every_way(told[i].text, &trace);
        if (strcmp(trace.text, told[i].trace) != 0)
            fail_msg("%.*s: %s", SPAN_FMT(told[i].text), trace.text);
    }
}

static void a_long_value_is_told_by_its_beginning(void **state)
{
    char text[JSON_CAPTURE_BYTES + 32];

    (void)state;
    for (size_t len = JSON_CAPTURE_BYTES - 1; len <= JSON_CAPTURE_BYTES + 1; len++) {
        struct trace trace;
        int bytes = snprintf(text, sizeof(text), "{\"model\":\"%0*d\"}", (int)len, 0);
        const char *raw;

        assert_int_equal(scan_every_way((struct span){text, (size_t)bytes}, &trace), 0);
        raw = strchr(trace.text, '=') + 1;
        assert_int_equal(strspn(raw, "0"), len < JSON_CAPTURE_BYTES ? len : JSON_CAPTURE_BYTES);
        assert_int_equal(strstr(raw, "...") != NULL, len > JSON_CAPTURE_BYTES);
    }
}

static void the_deepest_bound_is_exact(void **state)
{
    static char text[2 * JSON_DEPTH_MAX + 2];
    struct json_scan scan;
    struct json_hit hit;

    (void)state;
    for (unsigned depth = 1; depth <= JSON_DEPTH_MAX; depth *= 2) {
        for (size_t open = depth; open <= depth + 1; open++) {
            const char *cursor = text;

            memset(text, '[', open);
            memset(text + open, ']', open);
            json_scan_init(&scan, paths, 1, (uint16_t)depth);
            assert_int_equal(json_scan_next(&scan, &cursor, text + 2 * open, &hit),
                             open > depth ? JSON_INVALID : JSON_MORE);
        }
    }
}

static void an_invalid_scan_stays_so_until_it_is_restarted(void **state)
{
    const char bad[] = "{\"model\":\"\\ud800x";
    const char good[] = "{\"model\":7}";
    const char *cursor = bad;
    struct json_scan scan;
    struct json_hit hit;

    (void)state;
    json_scan_init(&scan, paths, 1, DEPTH);
    assert_int_equal(json_scan_next(&scan, &cursor, strchr(bad, '\0'), &hit), JSON_VALUE_BEGIN);
    assert_int_equal(json_scan_next(&scan, &cursor, strchr(bad, '\0'), &hit), JSON_INVALID);
    cursor = good;
    assert_int_equal(json_scan_next(&scan, &cursor, strchr(good, '\0'), &hit), JSON_INVALID);
    assert_int_equal(json_scan_end(&scan), ERR_BAD_JSON);

    json_scan_restart(&scan);
    cursor = good;
    assert_int_equal(json_scan_next(&scan, &cursor, strchr(good, '\0'), &hit), JSON_VALUE_BEGIN);
    assert_int_equal(hit.offset, 9);
    assert_int_equal(json_scan_next(&scan, &cursor, strchr(good, '\0'), &hit), JSON_VALUE_END);
    assert_true(span_equal(hit.raw, SPAN("7")));
    assert_int_equal(json_scan_next(&scan, &cursor, strchr(good, '\0'), &hit), JSON_MORE);
    assert_int_equal(json_scan_end(&scan), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_of_the_grammar_is_taken),
        cmocka_unit_test(nothing_else_is_taken),
        cmocka_unit_test(a_prefix_of_a_text_is_never_complete),
        cmocka_unit_test(a_forbidden_byte_is_found_anywhere),
        cmocka_unit_test(watched_members_are_told_where_they_stand),
        cmocka_unit_test(a_long_value_is_told_by_its_beginning),
        cmocka_unit_test(the_deepest_bound_is_exact),
        cmocka_unit_test(an_invalid_scan_stays_so_until_it_is_restarted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
