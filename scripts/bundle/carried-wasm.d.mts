export function carryZstd(code: string, platform: 'browser' | 'node'): string
export function carrySodium(code: string, platform: 'browser' | 'node'): string
