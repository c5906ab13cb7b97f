/* HMAC-SHA256 against the vectors of RFC 4231. */
#include "lib/base/hmac.h"
#include "tests/unit/digester_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TEN(bytes) bytes bytes bytes bytes bytes bytes bytes bytes bytes bytes

/* Both of the RFC's repeat one byte. */
#define AA_131 TEN(TEN("\xaa")) TEN("\xaa") TEN("\xaa") TEN("\xaa") "\xaa"
#define AA_20  TEN("\xaa") TEN("\xaa")
#define DD_50  TEN("\xdd\xdd\xdd\xdd\xdd")
#define CD_50  TEN("\xcd\xcd\xcd\xcd\xcd")
#define B_20   TEN("\x0b\x0b")

static const struct {
    const char *key;
    const char *text;
    const char *hex;
} rows[] = {
    {B_20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {AA_20, DD_50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17"
     "\x18\x19",
     CD_50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {AA_131, "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {AA_131,
     "This is a test using a larger than block-size key and a larger than block-size data. The key "
     "needs to be hashed before being used by the HMAC algorithm.",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static void assert_code(const struct digest *code, const char *hex)
{
    char text[DIGEST_HEX_BYTES];

    digest_to_hex(code, text);
    assert_memory_equal(text, hex, sizeof(text));
}

static void the_codes_are_those_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct span text = span_of(rows[i].text);
        struct digest code = hmac_sha256(digester, span_of(rows[i].key), &text, 1);

        assert_code(&code, rows[i].hex);
    }
}

static void where_the_text_is_cut_makes_no_difference(void **state)
{
    struct span text = span_of(rows[1].text);

    (void)state;
    for (size_t cut = 0; cut <= text.len; cut++) {
        const struct span pieces[] = {{text.ptr, cut}, span_skip(text, cut)};
        struct digest code = hmac_sha256(digester, span_of(rows[1].key), pieces, COUNT(pieces));

        assert_code(&code, rows[1].hex);
    }
}

static void an_empty_key_and_an_empty_text_have_a_code(void **state)
{
    struct digest code = hmac_sha256(digester, SPAN(""), NULL, 0);

    (void)state;
    assert_code(&code, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_codes_are_those_of_the_rfc),
        cmocka_unit_test(where_the_text_is_cut_makes_no_difference),
        cmocka_unit_test(an_empty_key_and_an_empty_text_have_a_code),
    };

    return cmocka_run_group_tests(tests, open_digester, close_digester);
}
