/** Escape sequences and other control characters, which could move the cursor or rename the window. */
const controls = /\u001b\[[0-?]*[ -/]*[@-~]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** Text that is safe to write to a terminal: line ends and tabs stay, other control characters go. */
export const printable = (text: string): string => text.replace(controls, '')
