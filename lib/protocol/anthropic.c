/* Anthropic's Messages protocol as a codec. */
#include "lib/protocol/anthropic_inner.h"

enum { NAME_BYTES_MAX = 128, ID_BYTES_MAX = 64 };

struct normalise_rules anthropic_shape(const struct hub_request *request,
                                       const struct codec_target *target)
{
    return (struct normalise_rules){
        .keep_system_turns = target->traits.system_turns,
        .system_apart = true,
        .tool_text = request->tools == NULL,
        .signer = HUB_SIGNER_ANTHROPIC,
    };
}

const struct codec codec_anthropic = {
    .protocol = PROTOCOL_ANTHROPIC,
    .words = {.name_bytes_max = NAME_BYTES_MAX, .id_bytes_max = ID_BYTES_MAX},
    .shape = anthropic_shape,
    .read_request = anthropic_read_request,
    .write_request = anthropic_write_request,
    .read_answer = anthropic_read_answer,
    .write_answer = anthropic_write_answer,
    .read_event = anthropic_read_event,
    .write_event = anthropic_write_event,
    .read_error = anthropic_read_error,
};
