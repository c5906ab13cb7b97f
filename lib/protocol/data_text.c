#include "lib/protocol/data_text.h"

#include "lib/base/err.h"
#include "lib/protocol/hub_text.h"

enum { QUAD = 4, SIX_BITS = 0x3F };

static unsigned value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    return c == '+' ? 62 : SIX_BITS;
}

static void add_quad(struct text *out, const char *quad)
{
    size_t padding = quad[2] == '=' ? 2 : quad[3] == '=' ? 1 : 0;
    unsigned bits = 0;

    for (size_t i = 0; i < QUAD; i++)
        bits = bits << 6 | (quad[i] == '=' ? 0 : value_of(quad[i]));

    const char bytes[] = {(char)(bits >> 16 & 0xFF), (char)(bits >> 8 & 0xFF), (char)(bits & 0xFF)};
    text_add(out, (struct span){bytes, sizeof(bytes) - padding});
}

static size_t tail_bytes(unsigned char lead)
{
    if (lead < 0x80)
        return 0;
    if (lead >= 0xC2 && lead < 0xE0)
        return 1;
    if (lead >= 0xE0 && lead < 0xF0)
        return 2;
    return lead >= 0xF0 && lead < 0xF5 ? 3 : SIZE_MAX;
}

/** Also without overlong forms, surrogates, and what lies beyond the last plane. */
static bool is_character(const unsigned char *p, size_t tail)
{
    if (tail == 0)
        return true;
    for (size_t i = 1; i <= tail; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return false;
    }
    return !((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] >= 0xA0) ||
             (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] >= 0x90));
}

static bool is_utf8(struct span bytes)
{
    for (size_t i = 0; i < bytes.len;) {
        const unsigned char *p = (const unsigned char *)bytes.ptr + i;
        size_t tail = tail_bytes(p[0]);

        if (tail >= bytes.len - i || !is_character(p, tail))
            return false;
        i += tail + 1;
    }
    return true;
}

int data_text(struct region *memory, struct span base64, struct span *out)
{
    struct text text = region_text(memory);

    for (size_t i = 0; i + QUAD <= base64.len; i += QUAD)
        add_quad(&text, base64.ptr + i);
    if (text.err != 0)
        return ERR_NO_MEMORY;
    region_keep_text(memory, &text);
    if (!is_utf8(text_span(&text)))
        return ERR_INVALID;
    *out = hub_encode(memory, text_span(&text));
    return out->ptr == NULL ? ERR_NO_MEMORY : 0;
}
