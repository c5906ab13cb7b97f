/* Data URLs, base64 and media types as clients write them. */
#include "lib/base/err.h"
#include "lib/protocol/data_url.h"
#include "tests/unit/region_fixture.h"

#include <stdio.h>

static void a_data_url_is_read_in_every_form(void **state)
{
    static const struct {
        const char *raw;
        const char *media_type;
        enum hub_source source;
        const char *data;
    } rows[] = {
        {"data:image/png;base64,AAA=", "image/png", HUB_SOURCE_BASE64, "AAA="},
        {"data:image/png;name=x.png;base64,AAA=", "image/png", HUB_SOURCE_BASE64, "AAA="},
        {"data:image/png;charset=utf-8;name=x;base64,AAA=", "image/png", HUB_SOURCE_BASE64, "AAA="},
        {"DATA:Image/PNG;BASE64,AAA=", "image/png", HUB_SOURCE_BASE64, "AAA="},
        {"data:image/jpg;base64,AAAA", "image/jpeg", HUB_SOURCE_BASE64, "AAAA"},
        {"data:;base64,AAAA", "text/plain", HUB_SOURCE_BASE64, "AAAA"},
        {"data:application\\/pdf;base64,JVBE", "application/pdf", HUB_SOURCE_BASE64, "JVBE"},
        {"data:image/png;base64,AA\\nAA\\r\\n AA==", "image/png", HUB_SOURCE_BASE64, "AAAAAA=="},
        {"data:image/png;base64,_-8", "image/png", HUB_SOURCE_BASE64, "/+8="},
        {"data:,hello%20world", "text/plain", HUB_SOURCE_TEXT, "hello world"},
        {"data:text/csv;charset=utf-8,a%2Cb%0A%22c%22", "text/csv", HUB_SOURCE_TEXT,
         "a,b\\n\\\"c\\\""},
        {"data:text/plain,100%25%zz%4", "text/plain", HUB_SOURCE_TEXT, "100%%zz%4"},
        {"data:image/svg+xml,%3Csvg/%3E", "image/svg+xml", HUB_SOURCE_BASE64, "PHN2Zy8+"},
        {"data:image/svg+xml,ab", "image/svg+xml", HUB_SOURCE_BASE64, "YWI="},
        {"data:image/svg+xml,a", "image/svg+xml", HUB_SOURCE_BASE64, "YQ=="},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct data_url url;

        assert_true(data_url_is(span_of(rows[i].raw)));
        assert_int_equal(data_url_read(*state, span_of(rows[i].raw), &url), 0);
        assert_span(url.media_type, rows[i].media_type);
        assert_int_equal(url.source, rows[i].source);
        assert_span(url.data, rows[i].data);
    }
}

static void what_is_no_data_url_is_invalid(void **state)
{
    static const char *const rows[] = {
        "",
        "data:",
        "data:image/png;base64",
        "data:image/png;base64,",
        "data:image/png;base64,A",
        "data:image/png;base64,A===",
        "data:image/png;base64,A?AAA",
        "data:image/png;base64,AA=A",
        "data:image/png;base64,AA*A",
        "data:image/png;base64,====",
        "data:image;base64,AAAA",
        "data:image/;base64,AAAA",
        "data:/png;base64,AAAA",
        "data:a/b/c;base64,AAAA",
        "data:im age/png;base64,AAAA",
        "https://example.org/a,b",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct data_url url;

        if (data_url_read(*state, span_of(rows[i]), &url) != ERR_INVALID)
            fail_msg("%s", rows[i]);
    }
    assert_false(data_url_is(SPAN("https://example.org/")));
    assert_false(data_url_is(SPAN("data")));
}

static void base64_in_order_is_not_copied(void **state)
{
    const struct span raw = SPAN("QUJDRA==");
    struct span out;

    assert_int_equal(data_base64(*state, raw, &out), 0);
    assert_ptr_equal(out.ptr, raw.ptr);
    assert_int_equal(out.len, raw.len);
}

static void media_types_become_lower_case_without_parameters(void **state)
{
    static const struct {
        const char *raw;
        const char *out; /* NULL: invalid */
    } rows[] = {
        {"image/PNG", "image/png"},
        {"text/plain; charset=utf-8", "text/plain"},
        {" image/jpg ", "image/jpeg"},
        {"application/vnd.x+json", "application/vnd.x+json"},
        {"png", NULL},
        {"image/\\u0070ng", "image/png"},
        {"image/p\\\"ng", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span out;
        int err = data_media_type(*state, span_of(rows[i].raw), &out);

        assert_int_equal(err, rows[i].out == NULL ? ERR_INVALID : 0);
        if (err == 0)
            assert_span(out, rows[i].out);
    }
}

static void a_full_region_is_told(void **state)
{
    struct region *region = *state;
    struct data_url url;

    while (region_take(region, 16) != NULL)
        ;
    assert_int_equal(data_url_read(region, SPAN("data:image/png;base64,AA AA"), &url),
                     ERR_NO_MEMORY);
    assert_int_equal(data_url_read(region, SPAN("data:text\\/plain,abc"), &url), ERR_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGION_TEST(a_data_url_is_read_in_every_form),
        REGION_TEST(what_is_no_data_url_is_invalid),
        REGION_TEST(base64_in_order_is_not_copied),
        REGION_TEST(media_types_become_lower_case_without_parameters),
        REGION_TEST(a_full_region_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
