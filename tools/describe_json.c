#include "tools/describe_json.h"

#include "lib/base/timestamp.h"

void describe_time(struct text *out, struct span name, int64_t unix_s)
{
    text_add(out, name);
    timestamp_add_json(out, unix_s);
}

void describe_flags(struct text *out, struct span name, const char *const *words, uint32_t flags)
{
    bool any = false;

    text_add(out, name);
    text_add_char(out, '[');
    for (uint32_t n = 0; flags >> n != 0; n++) {
        if ((flags >> n & 1) == 0)
            continue;
        text_add(out, any ? SPAN(",") : SPAN(""));
        text_add_json(out, span_of(words[n]));
        any = true;
    }
    text_add_char(out, ']');
}

void describe_list(struct text *out, struct span name, describe_at_fn *at, const void *context,
                   uint32_t count)
{
    text_add(out, name);
    text_add_char(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        text_add(out, i > 0 ? SPAN(",") : SPAN(""));
        text_add_json(out, at(context, i));
    }
    text_add_char(out, ']');
}
