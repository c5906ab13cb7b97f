/** The other end of the control socket: one byte out, one line and perhaps a descriptor back. */
#ifndef WEIR_TOOLS_CONTROL_H
#define WEIR_TOOLS_CONTROL_H

#define CONTROL_SOCKET_DEFAULT "/run/weir/control.sock"

enum {
    CONTROL_LINE_BYTES_MAX = 1024,
    CONTROL_STATUS_WAIT_S = 10,
    /* Two of the longest loads with the longest acknowledgements after them: one that runs and the
     * one that is asked for. */
    CONTROL_RELOAD_WAIT_S = 2 * (3600 + 600),
};

struct control_reply {
    char line[CONTROL_LINE_BYTES_MAX]; /* without its newline */
    int fd;                            /* what came with it, yours to close; -1: nothing */
};

/**
 * Ask the gateway behind `path`. What goes wrong is said on standard error.
 *
 * @param who  begins what is said: "weir status"
 * @return TOOL_OK, or TOOL_NO_SERVICE
 */
int control_ask(const char *who, const char *path, char question, unsigned wait_s,
                struct control_reply *out);

#endif
