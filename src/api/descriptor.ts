/** The proto files this Worker serves, as one FileDescriptorSet: what reflection would tell, in one file. */
import { create, type DescFile, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { file_grpc_health_v1_health } from "../gen/proto/grpc/health/v1/health_pb.js";
import { file_vasini_agent_v1_agent } from "../gen/proto/vasini/agent/v1/agent_pb.js";

/** Dependencies first, each once, as protoc writes them. */
function withDependencies(file: DescFile, seen: Map<string, DescFile>): void {
  for (const dependency of file.dependencies) withDependencies(dependency, seen);
  seen.set(file.name, file);
}

/** Serialized `google.protobuf.FileDescriptorSet`. */
export function descriptorSet(): Uint8Array<ArrayBuffer> {
  const files = new Map<string, DescFile>();
  for (const file of [file_vasini_agent_v1_agent, file_grpc_health_v1_health]) withDependencies(file, files);
  const set = create(FileDescriptorSetSchema, { file: [...files.values()].map(({ proto }) => proto) });
  return toBinary(FileDescriptorSetSchema, set);
}
