/* The row of OpenAI's Chat Completions protocol, and of all servers that speak it. */
#include "lib/protocol/openai_inner.h"

enum {
    NAME_BYTES_MAX = 64, /* of a function */
    ID_BYTES_MAX = 40,   /* of a tool call */
};

/* OpenRouter hands on what Anthropic has signed; behind Google's servers that speak OpenAI's
 * protocol is a Gemini that wants its own back. */
static enum hub_signer signer_of(const struct codec_target *target)
{
    if (target->provider == PROVIDER_OPENROUTER)
        return HUB_SIGNER_ANTHROPIC;
    return target->traits.signatures ? HUB_SIGNER_GEMINI : HUB_SIGNER_NONE;
}

/* OpenAI's own servers refuse reasoning in a history; others that reason want theirs back. */
static struct normalise_rules shape(const struct hub_request *request,
                                    const struct codec_target *target)
{
    (void)request;
    return (struct normalise_rules){
        .keep_system_turns = true,
        .signer = signer_of(target),
        .keep_unsigned = target->provider != PROVIDER_OPENAI,
    };
}

const struct codec codec_openai = {
    .protocol = PROTOCOL_OPENAI,
    .words = {.name_bytes_max = NAME_BYTES_MAX, .id_bytes_max = ID_BYTES_MAX},
    .shape = shape,
    .read_request = openai_read_request,
    .write_request = openai_write_request,
    .read_answer = openai_read_answer,
    .write_answer = openai_write_answer,
    .read_event = openai_read_event,
    .write_event = openai_write_event,
    .read_error = openai_read_error,
    .done = {"[DONE]", 6},
};
