/** Words at fixed addresses through which kernels report. */

/** Where a kernel says why it stops the run: a code, a number at +8 and the length that it exceeds at +16. */
export const STATUS = 16;
export const OUT_OF_RANGE = 1;
/** Where a run keeps the address of the instruction that it is at. */
export const RUNNING = 48;
