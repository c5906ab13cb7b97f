#include "lib/wire/cache_control.h"

/* RFC 9111, section 1.2.2: what is larger counts as this. */
#define SECONDS_MAX ((int64_t)INT32_MAX)

/* Section 5.2: recipients take the quoted form too. */
static struct span unquote(struct span text)
{
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        return (struct span){text.ptr + 1, text.len - 2};
    return text;
}

static int64_t seconds_of(struct span digits)
{
    int64_t seconds = 0;

    if (digits.len == 0)
        return 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return 0;
        if (seconds < SECONDS_MAX)
            seconds = seconds * 10 + (digits.ptr[i] - '0');
    }
    return seconds < SECONDS_MAX ? seconds : SECONDS_MAX;
}

/* One directive; the least that is said counts. */
static void take_directive(struct span directive, int64_t *seconds)
{
    const char *equals = directive.len == 0 ? NULL : memchr(directive.ptr, '=', directive.len);
    struct span name = equals == NULL ? directive : span_from(directive.ptr, equals);
    bool is_told = *seconds != CACHE_CONTROL_NOT_TOLD;

    if (span_equal_nocase(name, SPAN("no-store")) || span_equal_nocase(name, SPAN("no-cache"))) {
        *seconds = 0;
    } else if (span_equal_nocase(name, SPAN("max-age"))) {
        struct span rest = span_skip(directive, name.len);

        *seconds = is_told || rest.len == 0 ? 0 : seconds_of(unquote(span_skip(rest, 1)));
    }
}

int64_t cache_control_max_age(struct span value)
{
    int64_t seconds = CACHE_CONTROL_NOT_TOLD;

    while (value.len > 0)
        take_directive(span_trim(span_cut(&value, ',')), &seconds);
    return seconds;
}
