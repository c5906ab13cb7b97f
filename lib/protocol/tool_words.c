#include "lib/protocol/tool_words.h"

#include "lib/base/err.h"
#include "lib/protocol/hub_fields.h"
#include "lib/protocol/hub_text.h"
#include "shm/snapshot.h"

enum { MARK_BYTES = 9 }; /* `_` and 8 digits */

/** What one word may be. */
struct word_rule {
    size_t bytes_max;
    bool dots;   /* and colons */
    bool letter; /* the first byte is none of a number */
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_taken(char c, struct word_rule rule)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' ||
           (rule.dots && (c == '.' || c == ':'));
}

static bool fits(struct span word, struct word_rule rule)
{
    if (word.len > rule.bytes_max || (rule.letter && word.len > 0 && !is_letter(word.ptr[0])))
        return false;
    for (size_t i = 0; i < word.len; i++) {
        if (!is_taken(word.ptr[i], rule))
            return false;
    }
    return true;
}

static void add_mark(struct text *out, struct span word)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t hash = snapshot_fnv(SNAPSHOT_FNV_START, word.ptr, word.len);
    uint32_t mark = (uint32_t)(hash ^ hash >> 32);

    text_add_char(out, '_');
    for (unsigned shift = 32; shift > 0; shift -= 4)
        text_add_char(out, digits[mark >> (shift - 4) & 15]);
}

/** @return the word that fits, the same one where it does; ptr NULL: the region is full */
static struct span fit(struct region *memory, struct span raw, struct word_rule rule)
{
    struct span word = hub_decode(memory, raw);
    struct text out;

    if (word.ptr == NULL || fits(word, rule))
        return word;
    out = region_text(memory);
    if (rule.letter && !is_letter(word.ptr[0]))
        text_add_char(&out, '_');
    for (size_t i = 0; i < word.len && out.len + MARK_BYTES < rule.bytes_max; i++)
        text_add(&out, is_taken(word.ptr[i], rule) ? (struct span){word.ptr + i, 1} : SPAN("_"));
    add_mark(&out, word);
    if (out.err != 0)
        return (struct span){NULL, 0};
    region_keep_text(memory, &out);
    return text_span(&out);
}

/* --- requests --------------------------------------------------------------------------------- */

struct fitting {
    struct region *memory;
    const struct tool_word_rules *rules;
    struct tool_name *names;
    struct hub_notes *notes;
};

static int remember(struct fitting *fitting, struct span sent, struct span original)
{
    struct tool_name *name;

    for (name = fitting->names; name != NULL; name = name->next) {
        if (span_equal(name->sent, sent))
            return 0;
    }
    name = region_take(fitting->memory, sizeof(*name));
    if (name == NULL)
        return ERR_NO_MEMORY;
    *name = (struct tool_name){fitting->names, sent, original};
    fitting->names = name;
    return 0;
}

/** An empty name is refused. */
static int fit_name(struct fitting *fitting, struct span *name, enum hub_field field)
{
    const struct word_rule rule = {
        .bytes_max = fitting->rules->name_bytes_max,
        .dots = fitting->rules->name_dots,
        .letter = fitting->rules->name_dots,
    };
    struct span original = *name;

    if (hub_is_blank(original))
        return hub_refuse_field(fitting->notes, field, SPAN("A tool has no name."));
    *name = fit(fitting->memory, original, rule);
    if (name->ptr == NULL)
        return ERR_NO_MEMORY;
    return span_equal(*name, original) ? 0 : remember(fitting, *name, original);
}

static int fit_block(struct fitting *fitting, struct hub_block *block)
{
    int err = 0;

    if (block->kind != HUB_TOOL_CALL && block->kind != HUB_TOOL_RESULT)
        return 0;
    if (block->kind == HUB_TOOL_CALL || block->name.len > 0)
        err = fit_name(fitting, &block->name, HUB_FIELD_MESSAGES);
    if (err != 0 || block->id.len == 0)
        return err;
    block->id = tool_words_fit_id(fitting->memory, block->id, fitting->rules->id_bytes_max);
    return block->id.ptr == NULL ? ERR_NO_MEMORY : 0;
}

static int fit_messages(struct fitting *fitting, const struct hub_request *request)
{
    int err = 0;

    for (struct hub_message *message = request->first; message != NULL; message = message->next) {
        for (struct hub_block *block = message->blocks.first; block != NULL && err == 0;
             block = block->next)
            err = fit_block(fitting, block);
    }
    return err;
}

int tool_words_fit(struct region *memory, struct hub_request *request,
                   const struct tool_word_rules *rules, struct tool_name **out,
                   struct hub_notes *notes)
{
    struct fitting fitting = {.memory = memory, .rules = rules, .notes = notes};
    int err = 0;

    for (struct hub_tool *tool = request->tools; tool != NULL && err == 0; tool = tool->next)
        err = fit_name(&fitting, &tool->name, HUB_FIELD_TOOLS);
    if (err == 0 && request->choice == HUB_CHOICE_NAMED)
        err = fit_name(&fitting, &request->choice_name, HUB_FIELD_TOOL_CHOICE);
    for (uint32_t i = 0; i < request->allowed_count && err == 0; i++)
        err = fit_name(&fitting, &request->allowed[i], HUB_FIELD_TOOL_CHOICE);
    if (err == 0)
        err = fit_messages(&fitting, request);
    *out = fitting.names;
    return err;
}

/* --- answers ---------------------------------------------------------------------------------- */

struct span tool_words_original(const struct tool_name *names, struct span sent)
{
    for (const struct tool_name *name = names; name != NULL; name = name->next) {
        if (hub_equal(name->sent, sent))
            return name->original;
    }
    return sent;
}

struct span tool_words_fit_id(struct region *memory, struct span raw, uint32_t id_bytes_max)
{
    return fit(memory, raw, (struct word_rule){.bytes_max = id_bytes_max});
}

/** splitmix64: ids of one answer differ, and so do those of answers with other seeds. */
static uint64_t mix(uint64_t value)
{
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

struct span tool_words_make_id(struct region *memory, uint64_t seed, uint32_t number)
{
    static const char digits[] = "0123456789abcdef";
    char id[] = "call_0123456789abcdef";
    uint64_t value = mix(mix(seed) + number);

    for (size_t i = sizeof(id) - 2; id[i] != '_'; i--) {
        id[i] = digits[value & 15];
        value >>= 4;
    }
    return region_copy(memory, (struct span){id, sizeof(id) - 1});
}
