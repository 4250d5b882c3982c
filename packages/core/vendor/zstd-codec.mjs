export { ZstdCodec } from 'zstd-codec'
