/**
 * Gives the memory of a buffer back at once: it is empty from then on, as is all that looks into it. Left to the garbage
 * collector, which sees how small the objects are and not what hangs on them, an export held a hundred megabytes of
 * chunks that nobody needed. Does nothing to a buffer that is a part of another's memory.
 */
export const release = (bytes: Buffer): void => {
  const { buffer, byteLength } = bytes;
  if (buffer.byteLength === byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
};
