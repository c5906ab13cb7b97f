#include "tools/cells.h"

#include <locale.h>
#include <stdint.h>
#include <wchar.h>

enum { ROOM_MIN = 24 };

struct character {
    size_t bytes;
    size_t cells;
};

/* C.UTF-8 comes with libc itself; whoever runs a command may have no locale set, or another one. */
static locale_t tables(void)
{
    static locale_t kept;

    if (kept == (locale_t)0)
        kept = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return kept;
}

static bool continues(struct span text, size_t at)
{
    return at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80;
}

/* Without the tables each character counts as one. */
static struct character plain_character(struct span text)
{
    size_t bytes = 1;

    while (continues(text, bytes))
        bytes++;
    return (struct character){bytes, 1};
}

/* Of text that is not empty. */
static struct character first_character(struct span text)
{
    mbstate_t state = {0};
    wchar_t wide;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the state is ours */
    size_t bytes = mbrtowc(&wide, text.ptr, text.len, &state);

    if (bytes == 0 || bytes > text.len)
        return (struct character){1, 1};
    int cells = wcwidth(wide);
    return (struct character){bytes, cells < 0 ? 1 : (size_t)cells};
}

/* @return the bytes of the longest beginning that takes at most `width`; what it takes in `used` */
static size_t measure(struct span text, size_t width, size_t *used)
{
    const locale_t utf8 = tables();
    const locale_t before = utf8 == (locale_t)0 ? (locale_t)0 : uselocale(utf8);
    size_t len = 0;

    *used = 0;
    while (len < text.len) {
        const struct span rest = span_skip(text, len);
        const struct character next = utf8 == (locale_t)0 ? plain_character(rest)
                                                          : first_character(rest);

        if (next.cells > width - *used)
            break;
        *used += next.cells;
        len += next.bytes;
    }
    if (utf8 != (locale_t)0)
        (void)uselocale(before);
    return len;
}

size_t cells_width(struct span text)
{
    size_t used;

    (void)measure(text, SIZE_MAX, &used);
    return used;
}

struct span cells_begin(struct span text, size_t width)
{
    size_t used;

    return (struct span){text.ptr, measure(text, width, &used)};
}

struct span cells_end(struct span text, size_t width)
{
    const size_t total = cells_width(text);
    size_t used;

    if (total <= width)
        return text;
    size_t bytes = measure(text, total - width, &used);
    /* A wide character stands across the edge: it goes as a whole. */
    if (used < total - width)
        bytes = measure(text, total - width + 1, &used);
    return span_skip(text, bytes);
}

void cells_print(FILE *out, struct span text, size_t width)
{
    const size_t used = cells_width(text);

    fprintf(out, "%.*s%*s", SPAN_FMT(text), used < width ? (int)(width - used) : 0, "");
}

void cells_wrap(FILE *out, struct span text, size_t indent, size_t line)
{
    const size_t room = line == 0 ? SIZE_MAX : line > indent + ROOM_MIN ? line - indent : ROOM_MIN;
    size_t used = 0;

    while (text.len > 0) {
        const char *space = memchr(text.ptr, ' ', text.len);
        const struct span word = span_from(text.ptr, space == NULL ? text.ptr + text.len : space);
        const size_t cells = cells_width(word);

        if (used > 0 && used + cells >= room) {
            fprintf(out, "\n%*s", (int)indent, "");
            used = 0;
        }
        fprintf(out, "%s%.*s", used > 0 ? " " : "", SPAN_FMT(word));
        used += cells + (used > 0 ? 1 : 0);
        text = span_skip(text, word.len + (space == NULL ? 0 : 1));
    }
    fputc('\n', out);
}
