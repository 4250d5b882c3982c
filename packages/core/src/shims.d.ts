// What is used of packages that bring no types, or types for another version. A name with `#` is a package that runs on Node as it is and
// in browsers as ../build.mjs makes it (package.json, "imports").

declare module '#fernet' {
  /** crypto-js's array of 32-bit words. */
  export interface WordArray {
    toString(encoder: { stringify(words: WordArray): string }): string
  }
  export interface Hex {
    parse(hex: string): WordArray
    stringify(words: WordArray): string
  }
  interface FernetModule {
    readonly Hex: Hex
    /** AES-128-CBC with PKCS7 padding. */
    encryptMessage(message: WordArray, key: WordArray, iv: WordArray): WordArray
    createHmac(signingKey: WordArray, time: WordArray, iv: WordArray, ciphertext: WordArray): WordArray
  }
  const fernet: FernetModule
  export default fernet
}

declare module '#libsodium-wrappers-sumo' {
  export { default } from 'libsodium-wrappers-sumo'
}

declare module 'tar-js/lib/header.js' {
  /** Lays the fields of a ustar header out in 512 bytes, a byte a character. */
  const header: { format(fields: Record<string, string>): Uint8Array }
  export default header
}

declare module '#zstd-codec' {
  export interface ZstdDecompressStream {
    begin(): boolean
    /** False where the input is bad. The callback gets a copy, which may be empty. */
    transform(bytes: Uint8Array, onOutput: (bytes: Uint8Array) => void): boolean
    end(onOutput: (bytes: Uint8Array) => void): boolean
    delete(): void
  }
  /** Bytes in its memory. */
  export interface ZstdVector {
    size(): number
    resize(length: number, fill: number): void
  }
  /** Lengths are negative where zstd reports an error. */
  export interface ZstdBlockCodec {
    compressBound(length: number): number
    compress(target: ZstdVector, source: ZstdVector, level: number): number
    decompress(target: ZstdVector, source: ZstdVector): number
    compressUsingDict(target: ZstdVector, source: ZstdVector, dictionary: ZstdDictionary): number
    decompressUsingDict(target: ZstdVector, source: ZstdVector, dictionary: ZstdDictionary): number
  }
  export interface ZstdDictionary {
    delete(): void
  }
  export interface ZstdBinding {
    readonly ZstdCodec: new () => ZstdBlockCodec
    readonly VectorU8: new () => ZstdVector
    cloneToVector(vector: ZstdVector, bytes: Uint8Array): void
    /** A view that holds until its memory grows or the vector changes. */
    toTypedArrayView(vector: ZstdVector): Uint8Array
    createCompressionDict(bytes: Uint8Array, level: number): ZstdDictionary
    createDecompressionDict(bytes: Uint8Array): ZstdDictionary
    readonly ZstdDecompressStreamBinding: new () => ZstdDecompressStream
  }
  const module: { run(ready: (binding: ZstdBinding) => void): void }
  export default module
}
