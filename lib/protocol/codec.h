/**
 * A wire protocol as a codec: it reads its own JSON into the hub form and writes its own JSON from
 * it. One row of codecs[] each; N codecs, never a pair.
 *
 * Reading is tolerant of what is unknown in answers (ignored) and strict in requests: unknown
 * top-level fields are dropped and named, unknown roles, parts and blocks are refused. Writing says
 * all that the hub form says, or drops it by name, or refuses, as
 * docs/translation.md lists.
 *
 * Pure: memory comes from the region that is handed in; a full region is ERR_NO_MEMORY.
 */
#ifndef WEIR_PROTOCOL_CODEC_H
#define WEIR_PROTOCOL_CODEC_H

#include "lib/protocol/hub_notes.h"
#include "lib/protocol/hub_stream.h"
#include "lib/protocol/normalise.h"
#include "lib/protocol/tool_words.h"
#include "lib/wire/json_tape.h"
#include "shm/traits.h"

/** What the writer of a request must know of the model and of its provider. */
struct codec_target {
    struct traits traits;
    enum provider_kind provider;
    struct span upstream_model; /* UTF-8, not a JSON string */
    uint64_t max_output_tokens; /* of the model; 0: not configured */
};

/** What the writer of an answer must know. */
struct codec_answer {
    struct span slug_json; /* what stands in `model`: a JSON string with its quotes */
    struct span id;        /* ASCII, without the protocol's prefix ("chatcmpl-", "msg_", …) */
    int64_t created_s;     /* Unix time */
    bool include_usage;    /* OpenAI streams: the client asked for it */
    bool is_array;         /* Gemini: a stream without alt=sse is one JSON array */
};

/** State of a stream's writer; begins as zeros. */
struct codec_writer {
    const struct codec_answer *answer;
    struct region *memory;  /* for what must live until a later event */
    struct region *scratch; /* for what is needed while one event is written */
    struct text *out;
    /* The writers' own. */
    bool is_begun;
    uint32_t chunk_count;
    struct text pending; /* Gemini: the arguments of the open call */
    struct span prefix;  /* OpenAI: what every chunk begins with */
    bool has_arguments;  /* OpenAI: the open call has got some */
    struct span name;
    struct span id;
    struct span signature;
    int err; /* ERR_NO_MEMORY: the region is full */
};

struct codec {
    enum wire_protocol protocol;
    struct tool_word_rules words; /* of a provider that speaks it */

    /** How a request for such a provider must be shaped before it is written. */
    struct normalise_rules (*shape)(const struct hub_request *request,
                                    const struct codec_target *target);

    /**
     * A client's request. `stream` of a Gemini request is the URL's to say.
     *
     * @param root  of the body, an object
     * @return 0 or notes->err, or ERR_NO_MEMORY
     */
    int (*read_request)(struct region *memory, const struct json_node *root,
                        struct hub_request *out, struct hub_notes *notes);

    /**
     * A request for a provider. The hub form has been normalised (normalise.h) and may be changed.
     *
     * @return 0 or notes->err, or ERR_NO_MEMORY
     */
    int (*write_request)(struct region *memory, struct hub_request *request,
                         const struct codec_target *target, struct hub_notes *notes,
                         struct text *out);

    /**
     * A provider's whole answer with a status of success. One that is no answer at all is
     * ERR_UPSTREAM_PROTOCOL; one that is an error in an answer's clothes fills `error`.
     *
     * @return 0, ERR_UPSTREAM_PROTOCOL, error->err, or ERR_NO_MEMORY
     */
    int (*read_answer)(struct region *memory, const struct json_node *root, struct hub_answer *out,
                       struct hub_error *error);

    /** The client's whole answer. @return 0 or ERR_NO_MEMORY */
    int (*write_answer)(struct region *memory, const struct hub_answer *answer,
                        const struct codec_answer *how, struct text *out);

    /**
     * One event of a provider's stream.
     *
     * @param data   the JSON of its `data`; never `done`, which the caller tells apart
     * @param state  64 bits of the codec's own, zero at first
     *
     * An event that says that nothing more comes is told by hub_stream_done().
     */
    void (*read_event)(struct region *scratch, const struct json_node *data, uint64_t *state,
                       struct hub_stream *to);

    /** One event of the client's stream, framing included (`data: …`). Appends to writer->out.
     *  HUB_EVENT_FINISH writes all that ends the stream. */
    void (*write_event)(struct codec_writer *writer, const struct hub_event *event);

    /**
     * A provider's answer with a status of failure.
     *
     * @param root  NULL when the body is not JSON
     */
    void (*read_error)(struct region *memory, int status, const struct json_node *root,
                       struct hub_error *out);

    /**
     * The data of the event with which an upstream ends a stream that is complete, where that is no
     * JSON: "[DONE]", else empty. The writer of HUB_EVENT_FINISH writes it itself.
     */
    struct span done;
};

/** Never NULL for a protocol of the enumeration. */
const struct codec *codec_of(enum wire_protocol protocol);

extern const struct codec codec_openai;
extern const struct codec codec_anthropic;
extern const struct codec codec_gemini;

#endif
