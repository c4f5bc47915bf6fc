/**
 * For each process of tests (`node --import`): ends it where Node begins to close what handles are left, once all
 * tests are told of. With sockets of @grpc/grpc-js that a proxy had cut, that was seen to go round for ever.
 */
process.once('beforeExit', () => process.once('exit', () => process.exit()));
