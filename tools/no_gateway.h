/** Nobody answers on a socket of this machine: said the same way by all who ask there. */
#ifndef WEIR_TOOLS_NO_GATEWAY_H
#define WEIR_TOOLS_NO_GATEWAY_H

/**
 * Say on standard error why, and what to do.
 *
 * @param who     "weir status"
 * @param reason  errno; 0: there came no answer
 * @return TOOL_NO_SERVICE
 */
int no_gateway(const char *who, const char *path, int reason);

#endif
