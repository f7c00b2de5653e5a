// The init program's file, as bytes.
    .section .rodata
    .balign 16
    .globl crux_init_image_begin
crux_init_image_begin:
    .incbin CRUX_INIT_FILE
    .globl crux_init_image_end
crux_init_image_end:
    .section .note.GNU-stack,"",%progbits
