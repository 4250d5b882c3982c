export function compressZstd(code: string): string
export function compressSodium(code: string): string
