/* The last step: argv, environment and the search for the program. */
#pragma once

#include "child.h"

/* Executes ARG 0 with the settings' arguments and environment; home is for a missing HOME. */
__attribute__((noreturn)) void execute(const struct child *child, const char *home);
