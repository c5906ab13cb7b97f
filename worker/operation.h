/** What a call asks for: a client by its path, an upstream by its own. */
#ifndef WEIR_WORKER_OPERATION_H
#define WEIR_WORKER_OPERATION_H

enum call_operation {
    OPERATION_GENERATE, /* an answer; of OpenAI and Anthropic the body says whether it is a stream */
    OPERATION_STREAM,   /* Gemini: events */
    OPERATION_ARRAY,    /* Gemini without alt=sse: the elements of one JSON array */
    OPERATION_COUNT_TOKENS,
    OPERATION_COUNT,
};

#endif
