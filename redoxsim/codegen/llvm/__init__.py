"""The batch kernel's code: equations as vector LLVM IR, with the loop that solves them."""
