#include "tools/demo.h"

/** Writes what one step of a stream says; `piece` is text in the steps that tell text. */
typedef void render_step(const struct demo_answer *answer, struct span piece, struct text *out);

/** Bytes up to and with the next blank after a word. */
static size_t piece_bytes(struct span text)
{
    size_t len = 0;

    while (len < text.len && text.ptr[len] == ' ')
        len++;
    while (len < text.len && text.ptr[len] != ' ')
        len++;
    return len;
}

static uint64_t count_pieces(struct span text)
{
    uint64_t count = 0;

    for (; text.len > 0; text = span_skip(text, piece_bytes(text)))
        count++;
    return count;
}

void demo_answer_init(struct demo_answer *answer, const struct demo_ask *ask, uint64_t number,
                      int64_t created_s)
{
    struct text text = text_over(answer->memory, sizeof(answer->memory));

    answer->ask = *ask;
    answer->number = number;
    answer->created_s = created_s;
    answer->step = 0;
    answer->sent = 0;

    text_add(&text, SPAN("Hello! I am the demo model: a small program that stands in for a "
                         "language model. "));
    if (ask->quote.len > 0) {
        text_add(&text, SPAN("You wrote: \xe2\x80\x9c"));
        text_add(&text, ask->quote);
        text_add(&text, SPAN("\xe2\x80\x9d. "));
    }
    text_add(&text, SPAN("Every word of this answer comes to you through the gateway, on the "
                         "path that a provider's answer takes."));

    answer->text = text_span(&text);
    answer->words = count_pieces(answer->text);
    answer->is_cut = answer->words > ask->words_max;
    if (answer->is_cut) {
        size_t len = 0;

        for (uint64_t i = 0; i < ask->words_max; i++)
            len += piece_bytes(span_skip(answer->text, len));
        answer->text.len = len;
        answer->words = ask->words_max;
    }
}

static void add_quoted(struct text *out, struct span escaped)
{
    text_add_char(out, '"');
    text_add(out, escaped);
    text_add_char(out, '"');
}

static void add_member(struct text *out, struct span name, uint64_t value)
{
    text_add(out, name);
    text_add_unsigned(out, value);
}

/* OpenAI chat completions. */

static struct span openai_finish_reason(const struct demo_answer *answer)
{
    return answer->is_cut ? SPAN("\"length\"") : SPAN("\"stop\"");
}

static void openai_usage(const struct demo_answer *answer, struct text *out)
{
    add_member(out, SPAN("{\"prompt_tokens\":"), answer->ask.prompt_words);
    add_member(out, SPAN(",\"completion_tokens\":"), answer->words);
    add_member(out, SPAN(",\"total_tokens\":"), answer->ask.prompt_words + answer->words);
    text_add_char(out, '}');
}

static void openai_head(const struct demo_answer *answer, struct span object, struct text *out)
{
    add_member(out, SPAN("{\"id\":\"chatcmpl-demo-"), answer->number);
    text_add(out, SPAN("\",\"object\":"));
    add_quoted(out, object);
    text_add(out, SPAN(",\"created\":"));
    text_add_signed(out, answer->created_s);
    text_add(out, SPAN(",\"model\":"));
    add_quoted(out, answer->ask.model);
}

static void openai_chunk_head(const struct demo_answer *answer, struct text *out)
{
    text_add(out, SPAN("data: "));
    openai_head(answer, SPAN("chat.completion.chunk"), out);
}

static void openai_chunk_tail(const struct demo_answer *answer, struct text *out)
{
    text_add(out, answer->ask.include_usage ? SPAN(",\"usage\":null}\n\n") : SPAN("}\n\n"));
}

static void openai_begin(const struct demo_answer *answer, struct span piece, struct text *out)
{
    (void)piece;
    openai_chunk_head(answer, out);
    text_add(out, SPAN(",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\","
                       "\"content\":\"\"},\"finish_reason\":null}]"));
    openai_chunk_tail(answer, out);
}

static void openai_piece(const struct demo_answer *answer, struct span piece, struct text *out)
{
    openai_chunk_head(answer, out);
    text_add(out, SPAN(",\"choices\":[{\"index\":0,\"delta\":{\"content\":"));
    add_quoted(out, piece);
    text_add(out, SPAN("},\"finish_reason\":null}]"));
    openai_chunk_tail(answer, out);
}

static void openai_finish(const struct demo_answer *answer, struct span piece, struct text *out)
{
    (void)piece;
    openai_chunk_head(answer, out);
    text_add(out, SPAN(",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":"));
    text_add(out, openai_finish_reason(answer));
    text_add(out, SPAN("}]"));
    openai_chunk_tail(answer, out);
}

static void openai_tell_usage(const struct demo_answer *answer, struct span piece, struct text *out)
{
    (void)piece;
    if (!answer->ask.include_usage)
        return;
    openai_chunk_head(answer, out);
    text_add(out, SPAN(",\"choices\":[],\"usage\":"));
    openai_usage(answer, out);
    text_add(out, SPAN("}\n\n"));
}

static void openai_done(const struct demo_answer *answer, struct span piece, struct text *out)
{
    (void)answer;
    (void)piece;
    text_add(out, SPAN("data: [DONE]\n\n"));
}

static void openai_whole(const struct demo_answer *answer, struct text *out)
{
    openai_head(answer, SPAN("chat.completion"), out);
    text_add(out, SPAN(",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                       "\"content\":"));
    add_quoted(out, answer->text);
    text_add(out, SPAN(",\"refusal\":null},\"logprobs\":null,\"finish_reason\":"));
    text_add(out, openai_finish_reason(answer));
    text_add(out, SPAN("}],\"usage\":"));
    openai_usage(answer, out);
    text_add_char(out, '}');
}

/* Anthropic messages. */

static struct span anthropic_stop_reason(const struct demo_answer *answer)
{
    return answer->is_cut ? SPAN("\"max_tokens\"") : SPAN("\"end_turn\"");
}

static void anthropic_usage(const struct demo_answer *answer, uint64_t output, struct text *out)
{
    add_member(out, SPAN("{\"input_tokens\":"), answer->ask.prompt_words);
    text_add(out, SPAN(",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0"));
    add_member(out, SPAN(",\"output_tokens\":"), output);
    text_add_char(out, '}');
}

static void anthropic_head(const struct demo_answer *answer, struct text *out)
{
    add_member(out, SPAN("{\"id\":\"msg_demo_"), answer->number);
    text_add(out, SPAN("\",\"type\":\"message\",\"role\":\"assistant\",\"model\":"));
    add_quoted(out, answer->ask.model);
}

static void anthropic_begin(const struct demo_answer *answer, struct span piece, struct text *out)
{
    (void)piece;
    text_add(out, SPAN("event: message_start\ndata: {\"type\":\"message_start\",\"message\":"));
    anthropic_head(answer, out);
    text_add(out, SPAN(",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":"));
    anthropic_usage(answer, 0, out);
    text_add(out, SPAN("}}\n\n"));
}

static void anthropic_block(const struct demo_answer *answer, struct span piece, struct text *out)
{
    (void)answer;
    (void)piece;
    text_add(out, SPAN("event: content_block_start\ndata: {\"type\":\"content_block_start\","
                       "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"));
}

static void anthropic_piece(const struct demo_answer *answer, struct span piece, struct text *out)
{
    (void)answer;
    text_add(out, SPAN("event: content_block_delta\ndata: {\"type\":\"content_block_delta\","
                       "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":"));
    add_quoted(out, piece);
    text_add(out, SPAN("}}\n\n"));
}

static void anthropic_block_end(const struct demo_answer *answer, struct span piece,
                                struct text *out)
{
    (void)answer;
    (void)piece;
    text_add(out, SPAN("event: content_block_stop\ndata: {\"type\":\"content_block_stop\","
                       "\"index\":0}\n\n"));
}

static void anthropic_finish(const struct demo_answer *answer, struct span piece, struct text *out)
{
    (void)piece;
    text_add(out, SPAN("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":"
                       "{\"stop_reason\":"));
    text_add(out, anthropic_stop_reason(answer));
    text_add(out, SPAN(",\"stop_sequence\":null},\"usage\":"));
    anthropic_usage(answer, answer->words, out);
    text_add(out, SPAN("}\n\n"));
}

static void anthropic_done(const struct demo_answer *answer, struct span piece, struct text *out)
{
    (void)answer;
    (void)piece;
    text_add(out, SPAN("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
}

static void anthropic_whole(const struct demo_answer *answer, struct text *out)
{
    anthropic_head(answer, out);
    text_add(out, SPAN(",\"content\":[{\"type\":\"text\",\"text\":"));
    add_quoted(out, answer->text);
    text_add(out, SPAN("}],\"stop_reason\":"));
    text_add(out, anthropic_stop_reason(answer));
    text_add(out, SPAN(",\"stop_sequence\":null,\"usage\":"));
    anthropic_usage(answer, answer->words, out);
    text_add_char(out, '}');
}

/* Both. */

enum { STEPS_MAX = 6 };

/** The steps of a stream in order; the one that tells text is repeated until all text is told. */
static const struct {
    render_step *steps[STEPS_MAX];
    unsigned text_step;
    void (*whole)(const struct demo_answer *answer, struct text *out);
} protocols[PROTOCOL_COUNT] = {
    [PROTOCOL_OPENAI] =
        {
            .steps = {openai_begin, openai_piece, openai_finish, openai_tell_usage, openai_done},
            .text_step = 1,
            .whole = openai_whole,
        },
    [PROTOCOL_ANTHROPIC] =
        {
            .steps = {anthropic_begin, anthropic_block, anthropic_piece, anthropic_block_end,
                      anthropic_finish, anthropic_done},
            .text_step = 2,
            .whole = anthropic_whole,
        },
};

bool demo_answer_next(struct demo_answer *answer, struct text *out)
{
    unsigned step = answer->step;
    struct span rest = span_skip(answer->text, answer->sent);
    struct span piece = {NULL, 0};

    if (step == protocols[answer->ask.protocol].text_step) {
        piece = (struct span){rest.ptr, piece_bytes(rest)};
        answer->sent += piece.len;
        rest = span_skip(rest, piece.len);
        answer->step += rest.len == 0;
    } else {
        answer->step++;
    }
    protocols[answer->ask.protocol].steps[step](answer, piece, out);
    return answer->step < STEPS_MAX && protocols[answer->ask.protocol].steps[answer->step] != NULL;
}

void demo_answer_whole(const struct demo_answer *answer, struct text *out)
{
    protocols[answer->ask.protocol].whole(answer, out);
}

struct span demo_model_list(void)
{
    return SPAN("{\"object\":\"list\",\"data\":[{\"id\":\"demo\",\"object\":\"model\","
                "\"created\":0,\"owned_by\":\"weir\"}]}");
}
