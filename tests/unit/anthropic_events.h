/** The events of Anthropic's streams as string literals. */
#ifndef WEIR_TESTS_ANTHROPIC_EVENTS_H
#define WEIR_TESTS_ANTHROPIC_EVENTS_H

#define EVENT(type, rest) "event: " type "\ndata: {\"type\":\"" type "\"" rest "}\n\n"
#define START_AS(id, model, usage)                                                             \
    EVENT("message_start", ",\"message\":{\"id\":\"" id                                        \
                           "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"" model \
                           "\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"    \
                           "\"usage\":" usage "}")
#define START(usage) START_AS("msg_1", "claude-1", usage)
#define BLOCK(index, block) \
    EVENT("content_block_start", ",\"index\":" index ",\"content_block\":" block)
#define DELTA(index, delta) EVENT("content_block_delta", ",\"index\":" index ",\"delta\":" delta)
#define TEXT_BLOCK(index)   BLOCK(index, "{\"type\":\"text\",\"text\":\"\"}")
#define TEXT(index, text)   DELTA(index, "{\"type\":\"text_delta\",\"text\":\"" text "\"}")
#define THINKING_BLOCK(index) \
    BLOCK(index, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
#define THINKING(index, text) \
    DELTA(index, "{\"type\":\"thinking_delta\",\"thinking\":\"" text "\"}")
#define SIGNATURE(index, text) \
    DELTA(index, "{\"type\":\"signature_delta\",\"signature\":\"" text "\"}")
#define CALL_BLOCK(index, id, name) \
    BLOCK(index, "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":{}}")
#define CALL(index, text) \
    DELTA(index, "{\"type\":\"input_json_delta\",\"partial_json\":\"" text "\"}")
#define STOP_BLOCK(index) EVENT("content_block_stop", ",\"index\":" index)
#define END(reason, usage)                                                                       \
    EVENT("message_delta",                                                                       \
          ",\"delta\":{\"stop_reason\":\"" reason "\",\"stop_sequence\":null},\"usage\":" usage) \
    EVENT("message_stop", "")

#endif
