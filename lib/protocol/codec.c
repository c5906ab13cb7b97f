#include "lib/protocol/codec.h"

#include "lib/base/invariant.h"

static const struct codec *const codecs[PROTOCOL_COUNT] = {
    [PROTOCOL_OPENAI] = &codec_openai,
    [PROTOCOL_ANTHROPIC] = &codec_anthropic,
    [PROTOCOL_GEMINI] = &codec_gemini,
};

const struct codec *codec_of(enum wire_protocol protocol)
{
    INVARIANT(protocol < PROTOCOL_COUNT && codecs[protocol] != NULL);
    return codecs[protocol];
}
