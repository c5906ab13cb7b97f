#include "registry/yaml_events.h"

#include "lib/base/err.h"

/* Places only ever move forward, but a block's end is reported where the next token begins. */
static void rewind_places(struct yaml_events *events)
{
    events->character = 0;
    events->byte = 0;
    events->line_begin = 0;
    events->line = 1;
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* libyaml's character number as line and column of the file. */
static struct report_place place_of(struct yaml_events *events, size_t character)
{
    const char *text = events->text.ptr;

    if (character < events->character)
        rewind_places(events);
    while (events->character < character && events->byte < events->text.len) {
        if (text[events->byte] == '\n') {
            events->line++;
            events->line_begin = events->byte + 1;
        }
        events->byte++;
        while (events->byte < events->text.len && is_continuation(text[events->byte]))
            events->byte++;
        events->character++;
    }
    return (struct report_place){events->place.file, events->line,
                                 (uint32_t)(events->byte - events->line_begin) + 1};
}

static struct report_place place_of_byte(struct yaml_events *events, size_t byte)
{
    size_t character = 0;

    for (size_t i = 0; i < byte && i < events->text.len; i++)
        character += is_continuation(events->text.ptr[i]) ? 0 : 1;
    return place_of(events, character);
}

static struct span line_of(const struct yaml_events *events, uint32_t line)
{
    struct span rest = events->text;

    for (uint32_t i = 1;; i++) {
        const char *end = rest.len == 0 ? NULL : memchr(rest.ptr, '\n', rest.len);

        if (i == line || end == NULL)
            return end == NULL ? rest : span_from(rest.ptr, end);
        rest = span_from(end + 1, rest.ptr + rest.len);
    }
}

/* What YAML sees in `{ key: ${NAME} }` is a mapping inside a mapping; say what was meant. */
static bool has_bare_reference(struct span line)
{
    char quote = '\0';

    for (size_t i = 0; i + 1 < line.len; i++) {
        char c = line.ptr[i];

        if (quote != '\0') {
            if (c == '\\' && quote == '"')
                i++;
            else if (c == quote)
                quote = '\0';
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '$' && line.ptr[i + 1] == '{') {
            return true;
        }
    }
    return false;
}

static bool in_flow(const struct yaml_events *events, struct span line)
{
    const char *context = events->parser.context;

    return (context != NULL && strstr(context, "flow") != NULL) ||
           (line.len > 0 && memchr(line.ptr, '{', line.len) != NULL);
}

/* libyaml says that a character cannot start a token, of a tab before the first as well. */
static bool is_indented_by_tab(const struct yaml_events *events, struct span line)
{
    size_t blanks = 0;

    while (blanks < line.len && (line.ptr[blanks] == ' ' || line.ptr[blanks] == '\t'))
        blanks++;
    return events->parser.error == YAML_SCANNER_ERROR && blanks > 0 &&
           memchr(line.ptr, '\t', blanks) != NULL;
}

/* What libyaml misses then is seldom what is missing. */
static bool ends_inside_brackets(const struct yaml_events *events)
{
    const char *context = events->parser.context;
    size_t i = events->byte;

    while (i < events->text.len && (events->text.ptr[i] == ' ' || events->text.ptr[i] == '\n'))
        i++;
    return i == events->text.len && context != NULL && strstr(context, "parsing a flow") != NULL;
}

/* @return NULL: libyaml's own words are the best there are. */
static const char *better_words(const struct yaml_events *events, struct span line)
{
    if (is_indented_by_tab(events, line))
        return "tabs are not allowed for indentation; use spaces";
    return ends_inside_brackets(events) ? "the file ends before a [ or { is closed" : NULL;
}

static void report_syntax(struct yaml_events *events)
{
    const yaml_parser_t *parser = &events->parser;
    const char *problem = parser->problem == NULL ? "out of memory" : parser->problem;
    const char *hint = "";
    const char *better = NULL;
    struct report_place place;

    if (parser->error == YAML_READER_ERROR) {
        place = place_of_byte(events, parser->problem_offset);
    } else {
        place = place_of(events, parser->problem_mark.index);
        struct span line = line_of(events, place.line);
        if (has_bare_reference(line) && in_flow(events, line))
            hint = "inside { } a reference must be quoted: \"${NAME}\"";
        better = better_words(events, line);
    }
    if (better != NULL || parser->context == NULL)
        report_add(events->report, REPORT_ERROR, place, "", hint, "YAML: %s",
                   better != NULL ? better : problem);
    else
        report_add(events->report, REPORT_ERROR, place, "", hint, "YAML: %s %s from line %zu",
                   problem, parser->context, parser->context_mark.line + 1);
}

static void stop(struct yaml_events *events)
{
    events->node = NODE_STOP;
    events->scalar = (struct span){NULL, 0};
}

static void refuse(struct yaml_events *events, const char *sentence)
{
    report_add(events->report, REPORT_ERROR, events->place, "", "", "%s", sentence);
}

/* Fetches the next event. A syntax error makes it YAML_NO_EVENT. */
static void fetch(struct yaml_events *events)
{
    yaml_event_delete(&events->event);
    if (events->failed || yaml_parser_parse(&events->parser, &events->event) == 0) {
        if (!events->failed)
            report_syntax(events);
        events->failed = true;
        events->event.type = YAML_NO_EVENT;
        return;
    }
    events->place = place_of(events, events->event.start_mark.index);
}

static void refuse_properties(struct yaml_events *events, const yaml_char_t *anchor,
                              const yaml_char_t *tag)
{
    if (anchor != NULL)
        refuse(events, "anchors are not accepted");
    if (tag != NULL)
        refuse(events, "tags are not accepted");
}

static void close_collection(struct yaml_events *events)
{
    events->depth--;
    events->node = NODE_END;
}

/* The collection that was just entered is too deep: step to its end without looking. */
static void skip_deep(struct yaml_events *events)
{
    struct report_place begin = events->place;
    uint32_t open = 1;

    while (open > 0 && !events->failed) {
        fetch(events);
        yaml_event_type_t type = events->event.type;
        if (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
            open++;
        else if (type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT)
            open--;
    }
    if (events->failed)
        stop(events);
    else
        events->node = NODE_BAD;
    events->place = begin;
}

static void open_collection(struct yaml_events *events, enum yaml_node node)
{
    events->node = node;
    if (events->depth == YAML_DEPTH_MAX) {
        refuse(events, "nesting is deeper than 16 levels");
        skip_deep(events);
        return;
    }
    events->depth++;
}

void yaml_events_next(struct yaml_events *events)
{
    if (events->node == NODE_STOP)
        return;
    fetch(events);
    const yaml_event_t *event = &events->event;

    switch (event->type) {
    case YAML_SCALAR_EVENT:
        events->node = NODE_SCALAR;
        events->scalar = (struct span){(const char *)event->data.scalar.value,
                                       event->data.scalar.length};
        refuse_properties(events, event->data.scalar.anchor, event->data.scalar.tag);
        return;
    case YAML_ALIAS_EVENT:
        events->node = NODE_BAD;
        refuse(events, "aliases are not accepted");
        return;
    case YAML_SEQUENCE_START_EVENT:
        refuse_properties(events, event->data.sequence_start.anchor,
                          event->data.sequence_start.tag);
        open_collection(events, NODE_LIST);
        return;
    case YAML_MAPPING_START_EVENT:
        refuse_properties(events, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        open_collection(events, NODE_MAP);
        return;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_collection(events);
        return;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        stop(events);
        return;
    }
}

void yaml_events_skip(struct yaml_events *events)
{
    uint32_t outside = events->depth;

    if (events->node == NODE_LIST || events->node == NODE_MAP) {
        outside--;
        while (events->depth > outside && events->node != NODE_STOP)
            yaml_events_next(events);
    }
    yaml_events_next(events);
}

static void refuse_tag_directives(struct yaml_events *events)
{
    if (events->event.data.document_start.tag_directives.start !=
        events->event.data.document_start.tag_directives.end)
        refuse(events, "tags are not accepted");
}

int yaml_events_open(struct yaml_events *events, struct span text, const char *file,
                     struct report *report)
{
    *events = (struct yaml_events){.report = report, .place = {file, 1, 1}};
    if (span_starts_with(text, SPAN("\xef\xbb\xbf")))
        text = span_skip(text, 3);
    events->text = text;
    rewind_places(events);
    if (yaml_parser_initialize(&events->parser) == 0)
        return ERR_NO_MEMORY;
    yaml_parser_set_encoding(&events->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&events->parser, (const unsigned char *)text.ptr, text.len);

    fetch(events); /* the stream's start */
    if (!events->failed)
        fetch(events);
    if (events->event.type != YAML_DOCUMENT_START_EVENT) {
        stop(events);
        return 0;
    }
    refuse_tag_directives(events);
    yaml_events_next(events);
    return 0;
}

void yaml_events_finish(struct yaml_events *events)
{
    if (events->failed || events->event.type == YAML_STREAM_END_EVENT)
        return;
    fetch(events);
    if (events->event.type == YAML_DOCUMENT_START_EVENT)
        refuse(events, "a second document is not accepted");
}

void yaml_events_close(struct yaml_events *events)
{
    yaml_event_delete(&events->event);
    yaml_parser_delete(&events->parser);
}
