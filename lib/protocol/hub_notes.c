#include "lib/protocol/hub_notes.h"

#include "lib/base/err.h"

enum { FIELD_BYTES_MAX = 64 }; /* of one dropped name: clients choose unknown ones as they like */

static const char separator[] = ", ";

void hub_notes_init(struct hub_notes *notes, bool strict)
{
    *notes = (struct hub_notes){.strict = strict};
    notes->dropped = text_over(notes->dropped_memory, sizeof(notes->dropped_memory));
    notes->param = text_over(notes->param_memory, sizeof(notes->param_memory));
    notes->detail = text_over(notes->detail_memory, sizeof(notes->detail_memory));
}

/** What a header field's list can hold as one item. */
static bool is_listed(char c)
{
    return c > ' ' && c < 0x7f && c != ',' && c != '"' && c != '\\';
}

static struct span clean(struct span field, char memory[static FIELD_BYTES_MAX])
{
    size_t len = field.len < FIELD_BYTES_MAX ? field.len : FIELD_BYTES_MAX;

    for (size_t i = 0; i < len; i++) {
        memory[i] = '?';
        if (is_listed(field.ptr[i]))
            memory[i] = field.ptr[i];
    }
    return (struct span){memory, len};
}

static bool has_item(struct span list, struct span item)
{
    while (list.len > 0) {
        const char *comma = memchr(list.ptr, separator[0], list.len);
        size_t len = comma == NULL ? list.len : (size_t)(comma - list.ptr);

        if (span_equal((struct span){list.ptr, len}, item))
            return true;
        if (comma == NULL)
            return false;
        list = span_skip(list, len + sizeof(separator) - 1);
    }
    return false;
}

int hub_drop(struct hub_notes *notes, struct span field)
{
    char memory[FIELD_BYTES_MAX];
    struct span item = clean(field, memory);

    if (notes->strict)
        return hub_refuse(notes, ERR_UNTRANSLATABLE, field, SPAN(""));
    /* A list that is full names those that fit. */
    if (item.len == 0 || has_item(text_span(&notes->dropped), item) ||
        notes->dropped.cap - notes->dropped.len < item.len + sizeof(separator) - 1)
        return notes->err;
    if (notes->dropped.len > 0)
        text_add(&notes->dropped, SPAN(", "));
    text_add(&notes->dropped, item);
    return notes->err;
}

/** As much as fits, without a character that is cut. */
static void add_cut(struct text *text, struct span bytes)
{
    size_t room = text->cap - text->len;

    if (bytes.len > room) {
        bytes.len = room;
        while (bytes.len > 0 && ((unsigned char)bytes.ptr[bytes.len] & 0xC0) == 0x80)
            bytes.len--;
    }
    text_add(text, bytes);
}

int hub_refuse(struct hub_notes *notes, int err, struct span param, struct span detail)
{
    if (notes->err != 0)
        return notes->err;
    notes->err = err;
    add_cut(&notes->param, param);
    add_cut(&notes->detail, detail);
    return err;
}

size_t hub_enter_item(struct text *path, struct span list, size_t index)
{
    size_t mark = path->len;

    text_add(path, list);
    text_add_char(path, '[');
    text_add_unsigned(path, index);
    text_add(path, SPAN("]."));
    return mark;
}
