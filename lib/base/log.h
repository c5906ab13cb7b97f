/**
 * Lines on standard error, for journald or a terminal.
 *
 * One call writes one line with one write(2): `<priority>process: text`, the priority only when
 * standard error is the journal ($JOURNAL_STREAM is set). Control characters in the text become
 * `?`, so that no input can forge a line. Lines are cut at LOG_LINE_BYTES_MAX. Never pass a key,
 * a prompt or an answer.
 */
#ifndef WEIR_BASE_LOG_H
#define WEIR_BASE_LOG_H

enum { LOG_LINE_BYTES_MAX = 1024 };

/** The numbers are syslog's, which are what journald reads from `<n>`. */
enum log_level {
    LOG_FATAL = 2,
    LOG_ERROR = 3,
    LOG_WARNING = 4,
    LOG_NOTICE = 5,
    LOG_INFO = 6,
    LOG_DEBUG = 7,
};

/** Name of this process in its lines ("master", "worker 3"); copied, cut at 31 bytes. */
void log_set_process(const char *name);

/** Lines above this level are dropped. LOG_INFO until set. */
void log_set_level(enum log_level level);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
