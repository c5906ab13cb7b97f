#include "lib/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROCESS_NAME_BYTES_MAX = 32 };

static char process_name[PROCESS_NAME_BYTES_MAX] = "weir";
static enum log_level highest_level = LOG_INFO;

void log_set_process(const char *name)
{
    snprintf(process_name, sizeof(process_name), "%s", name);
}

void log_set_level(enum log_level level)
{
    highest_level = level;
}

/* Lines carry bytes from files and names from clients: none of them may start a line of its own. */
static void replace_controls(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
    }
}

static size_t clamp_printed(int printed, size_t room)
{
    if (printed < 0)
        return 0;
    return (size_t)printed < room ? (size_t)printed : room - 1;
}

void log_write(enum log_level level, const char *format, ...)
{
    char line[LOG_LINE_BYTES_MAX + 1];
    size_t len = 0;
    va_list args;

    if (level > highest_level)
        return;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment */
    if (getenv("JOURNAL_STREAM") != NULL)
        len += clamp_printed(snprintf(line, sizeof(line), "<%d>", (int)level), sizeof(line));
    len += clamp_printed(snprintf(line + len, sizeof(line) - len, "%s: ", process_name),
                         sizeof(line) - len);
    va_start(args, format);
    size_t text_len = clamp_printed(vsnprintf(line + len, sizeof(line) - len, format, args),
                                    sizeof(line) - len);
    va_end(args);
    replace_controls(line + len, text_len);
    len += text_len;
    line[len++] = '\n';

    /* A log that cannot be written has nowhere to be reported. */
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written;
}
