export async function runSalvage(): Promise<void> {}
