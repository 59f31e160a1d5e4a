/** A worker that dies at its start, as one does whose native library does not load. */
throw new Error('libonnxruntime.so.1: cannot open shared object file')
