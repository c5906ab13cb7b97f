#include "lib/wire/accept.h"

enum { FRACTION_DIGITS_MAX = 3 };

/* The less, the more a range says; NAMES_NOTHING is none of them. */
enum specificity { NAMES_NOTHING, NAMES_ALL, NAMES_TREE, NAMES_TYPE };

/* The piece up to `mark`, trimmed, off the front of a list; false at its end. */
static bool next_piece(struct span *list, char mark, struct span *piece)
{
    if (list->ptr == NULL)
        return false;
    const char *end = list->len == 0 ? NULL : memchr(list->ptr, mark, list->len);

    if (end == NULL) {
        *piece = span_trim(*list);
        *list = (struct span){NULL, 0};
    } else {
        *piece = span_trim(span_from(list->ptr, end));
        *list = span_from(end + 1, list->ptr + list->len);
    }
    return true;
}

/* `0`, `0.5`, `1.000`: one digit, which is 0 or 1, and up to three behind the point. */
static bool read_quality(struct span text, unsigned *quality)
{
    unsigned value;
    unsigned unit = ACCEPT_QUALITY_MAX;

    if (text.len == 0 || (text.ptr[0] != '0' && text.ptr[0] != '1'))
        return false;
    value = (unsigned)(text.ptr[0] - '0') * ACCEPT_QUALITY_MAX;
    text = span_skip(text, 1);
    if (text.len > 0 && text.ptr[0] != '.')
        return false;
    text = span_skip(text, text.len > 0 ? 1 : 0);
    if (text.len > FRACTION_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        unit /= 10;
        value += (unsigned)(text.ptr[i] - '0') * unit;
    }
    *quality = value;
    return value <= ACCEPT_QUALITY_MAX;
}

static enum specificity match(struct span range, struct span type)
{
    const char *slash = memchr(type.ptr, '/', type.len);
    struct span tree = span_from(type.ptr, slash + 1);

    if (span_equal_nocase(range, type))
        return NAMES_TYPE;
    if (range.len == tree.len + 1 && range.ptr[tree.len] == '*' &&
        span_equal_nocase((struct span){range.ptr, tree.len}, tree))
        return NAMES_TREE;
    return span_equal(range, SPAN("*/*")) ? NAMES_ALL : NAMES_NOTHING;
}

/* The parameters of a range: whether one of them is more than its quality, which ends them. */
static bool read_parameters(struct span parameters, unsigned *quality)
{
    struct span parameter;

    *quality = ACCEPT_QUALITY_MAX;
    while (next_piece(&parameters, ';', &parameter)) {
        if (parameter.len == 0)
            continue;
        if (parameter.len < 2 || (parameter.ptr[0] | 0x20) != 'q' || parameter.ptr[1] != '=')
            return false;
        return read_quality(span_skip(parameter, 2), quality);
    }
    return true;
}

static void read_element(struct span element, struct span type, enum specificity *best,
                         unsigned *quality)
{
    struct span range = SPAN("");
    unsigned own;

    (void)next_piece(&element, ';', &range);
    enum specificity found = match(range, type);

    if (found == NAMES_NOTHING || found < *best || !read_parameters(element, &own))
        return;
    if (found > *best || own > *quality)
        *quality = own;
    *best = found;
}

unsigned accept_quality(const struct http_request *request, struct span type)
{
    enum specificity best = NAMES_NOTHING;
    unsigned quality = 0;
    bool is_given = false;

    for (uint32_t i = 0; i < request->header_count; i++) {
        struct span list = request->headers[i].value;
        struct span element;

        if (!span_equal_nocase(request->headers[i].name, SPAN("accept")))
            continue;
        is_given = true;
        while (next_piece(&list, ',', &element))
            read_element(element, type, &best, &quality);
    }
    return is_given ? quality : ACCEPT_QUALITY_MAX;
}
