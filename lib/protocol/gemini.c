#include "lib/protocol/gemini_inner.h"
#include "lib/wire/bytes.h"
#include "lib/wire/json_walk.h"

/* --- names ------------------------------------------------------------------------------------ */

/* "topP" is also "top_p": each capital as `_` and the small letter. */
static bool is_spelled(struct span name, struct span camel)
{
    size_t at = 0;

    for (size_t i = 0; i < camel.len; i++) {
        char c = camel.ptr[i];

        if (at < name.len && name.ptr[at] == '_' && c != bytes_lower(c)) {
            at++;
            c = bytes_lower(c);
        }
        if (at == name.len || name.ptr[at++] != c)
            return false;
    }
    return at == name.len;
}

bool gemini_is_named(const struct json_node *member, struct span camel)
{
    char memory[64];
    struct span name = member->key;

    if (member->key_has_escapes &&
        json_decode_string(member->key, memory, sizeof(memory), &name) != 0)
        return false;
    return is_spelled(name, camel);
}

const struct json_node *gemini_member(const struct json_node *object, struct span camel)
{
    const struct json_node *found = NULL;

    if (!json_is(object, JSON_OBJECT))
        return NULL;
    JSON_EACH(member, object)
    {
        if (gemini_is_named(member, camel))
            found = member;
    }
    return json_is(found, JSON_NULL) ? NULL : found;
}

bool gemini_is_word(const struct json_node *node, struct span word)
{
    return json_is(node, JSON_STRING) && span_equal_nocase(node->raw, word);
}

bool gemini_is_object(struct span utf8, uint16_t depth_max)
{
    return utf8.len > 0 && utf8.ptr[0] == '{' && json_is_whole(utf8, depth_max);
}

/* --- signatures ------------------------------------------------------------------------------- */

static const char anthropic_mark[] = "weirAnt1";
static const char redacted_mark[] = "weirRed1";

struct gemini_signature gemini_read_signature(struct span raw)
{
    struct gemini_signature signature = {HUB_REASONING, HUB_SIGNER_GEMINI, raw};

    if (raw.len == 0) {
        signature.signer = HUB_SIGNER_NONE;
    } else if (span_starts_with(raw, span_of(anthropic_mark))) {
        signature.signer = HUB_SIGNER_ANTHROPIC;
        signature.raw = span_skip(raw, sizeof(anthropic_mark) - 1);
    } else if (span_starts_with(raw, span_of(redacted_mark))) {
        signature.kind = HUB_REDACTED;
        signature.signer = HUB_SIGNER_ANTHROPIC;
        signature.raw = span_skip(raw, sizeof(redacted_mark) - 1);
    }
    return signature;
}

void gemini_write_signature(struct text *out, const struct gemini_signature *signature)
{
    if (signature->raw.len == 0 || signature->signer == HUB_SIGNER_NONE)
        return;
    text_add(out, SPAN(",\"thoughtSignature\":\""));
    if (signature->kind == HUB_REDACTED)
        text_add(out, span_of(redacted_mark));
    else if (signature->signer == HUB_SIGNER_ANTHROPIC)
        text_add(out, span_of(anthropic_mark));
    text_add(out, signature->raw);
    text_add_char(out, '"');
}

/* --- the codec -------------------------------------------------------------------------------- */

/*
 * Names hold 128 bytes, and dots and colons too; a call's id is any text. There is no terminator:
 * a stream is complete when its reason to finish was told.
 */
const struct codec codec_gemini = {
    .protocol = PROTOCOL_GEMINI,
    .words = {.name_bytes_max = 128, .id_bytes_max = 128, .name_dots = true},
    .shape = gemini_shape,
    .read_request = gemini_read_request,
    .write_request = gemini_write_request,
    .read_answer = gemini_read_answer,
    .write_answer = gemini_write_answer,
    .read_event = gemini_read_event,
    .write_event = gemini_write_event,
    .read_error = gemini_read_error,
};
