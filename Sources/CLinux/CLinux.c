#include "CLinux.h"

_Alignas(4096) unsigned char linux_reserve_memory[linux_reserve_bytes];
_Alignas(4096) unsigned char linux_fault_stack_memory[linux_fault_stack_bytes];
