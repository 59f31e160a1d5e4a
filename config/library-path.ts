/** Folders in which the system's loader looks first (LD_LIBRARY_PATH); not a setting of ours. */
export const libraryPath = (): string | undefined => process.env['LD_LIBRARY_PATH']
