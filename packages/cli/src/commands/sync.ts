export async function runSync(): Promise<void> {}
