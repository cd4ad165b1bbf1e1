#pragma once

// One function per verb of `tusk`. `arguments[0]` is the verb itself; the result is the exit code of the process.
int run_namenode(int count, char** arguments);
int run_datanode(int count, char** arguments);
int run_local(int count, char** arguments);
int run_inspect(int count, char** arguments);
