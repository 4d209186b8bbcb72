// The one table of the host interface's offsets (docs/host-interface.md); layout.test.ts compares it with that page.

/** Types as the page names them. */
export type FieldType = 'u16' | 'u32' | 'i32' | 'u64' | 'i64' | 'Ring';

/** Where a field is in its struct. */
export interface Field {
  readonly offset: number;
  readonly type: FieldType;
}

const at = (type: FieldType) => (offset: number): Field => ({ offset, type });
const u16 = at('u16'), u32 = at('u32'), i32 = at('i32'), u64 = at('u64'), i64 = at('i64'), ring = at('Ring');

export const MailboxMagic = 0x584d5447;
export const ConfigMagic = 0x46435447;
export const InterfaceVersion = 1;

export const Mailbox = {
  Magic: u32(0), Version: u32(4), Reason: u32(8), Pending: u32(12), IdleNanoseconds: u64(16), Instructions: u64(24), Ticks: u64(32),
  HaltKind: u32(40), HaltCode: u32(44), HaltMessage: u64(48), HaltMessageLength: u32(56), RequestsInFlight: u32(60),
  Ports: u64(64), PortCount: u32(72), PortStride: u32(76), Requests: u64(80), RequestCount: u32(88), RequestStride: u32(92),
  Disks: u64(96), DiskCount: u32(104), DiskStride: u32(108), Columns: u16(112), Rows: u16(114), MountCount: u32(116),
  Log: ring(120), UartToHost: ring(152), UartToGuest: ring(184), NetToHost: ring(216), NetToGuest: ring(248),
  KernelBuffer: u64(280), InitrdBuffer: u64(288), Ram: u64(296), RamSize: u64(304), IdleTicks: u64(312), RequestsPosted: u64(320), Interrupts: u64(328),
} as const;

export const Ring = { Base: u64(0), Capacity: u32(8), Head: u32(12), Tail: u32(16), Flags: u32(20), Reserved: u64(24) } as const;
export const RingClosed = 1;

export const Port = { Name: u64(0), NameLength: u32(8), Id: u32(12), Flags: u32(16), Reserved: u32(20), ToHost: ring(24), ToGuest: ring(56) } as const;

export const Request = {
  State: u32(0), Kind: u32(4), Id: u32(8), Device: u32(12), Offset: u64(16), Handle: u64(24), Length: u64(32), Segments: u64(40), SegmentCount: u32(48),
  Flags: u32(52), Path: u64(56), PathLength: u32(64), Mode: u32(68), Path2: u64(72), Path2Length: u32(80), Owner: u32(84), Attributes: u64(88),
  Status: i32(96), Group: u32(100), Result: u64(104), Device64: u64(112), Reserved: u64(120),
} as const;

/** Of a request's State. */
export const RequestState = { Free: 0, Posted: 1, Taken: 2, Completed: 3 } as const;

/** Of a request's Kind. */
export const RequestKind = {
  BlockRead: 1, BlockWrite: 2, BlockFlush: 3,
  Stat: 16, List: 17, Open: 18, Close: 19, Read: 20, Write: 21, MakeDirectory: 22, Symlink: 23, ReadLink: 24, Rename: 25, Unlink: 26,
  SetAttributes: 27, Fsync: 28, StatFileSystem: 29, Link: 30, MakeNode: 31,
} as const;

/** Modules the engine makes at run time. */
export const ModuleMailbox = {
  State: u32(0), Length: u32(4), Module: u64(8), TableEntries: u32(16), ClearCount: u32(20), Clear: u64(24), Regions: u32(32), Modules: u32(36),
  CodeBytes: u64(40), TotalBytes: u64(48), RegionsMade: u64(56), RegionsDropped: u64(64), Registers: u64(72), Pc: u64(80), AddressSpace: u64(88),
  Probe: u64(96), ProbeLength: u32(104), Fuses: u32(108),
} as const;

/** Of a module mailbox's State. */
export const ModuleState = { None: 0, Ready: 1, Taken: 2, Installed: 3, Failed: 4 } as const;

export const Segment = { Address: u64(0), Length: u64(8) } as const;
export const SegmentSize = 16;

export const Attributes = {
  Valid: u32(0), Mode: u32(4), Owner: u32(8), Group: u32(12), Inode: u64(16), Size: u64(24), Links: u64(32), Device: u64(40), Blocks: u64(48),
  BlockSize: u32(56), AccessTime: i64(64), ModifyTime: i64(72), ChangeTime: i64(80), Version: u64(88),
} as const;

export const Statistics = {
  BlockSize: u64(0), Blocks: u64(8), BlocksFree: u64(16), BlocksAvailable: u64(24), Files: u64(32), FilesFree: u64(40), FileSystemId: u64(48), NameLength: u64(56),
} as const;

export const MachineConfig = {
  Magic: u32(0), Version: u32(4), RamSize: u64(8), KernelSize: u64(16), InitrdSize: u64(24), CommandLine: u64(32), CommandLineLength: u32(40), Flags: u32(44),
  Disks: u64(48), DiskCount: u32(56), MountCount: u32(60), Mounts: u64(64), Ports: u64(72), PortCount: u32(80), InstructionsPerTick: u32(84),
  Columns: u16(96), Rows: u16(98), RingSize: u32(100), Seed: u64(104),
} as const;
export const MachineConfigSize = 136;
export const MachineConfigMac = 88;
export const ConfigNetwork = 2;
export const DiskConfig = { Size: u64(0), Memory: u64(8), Flags: u32(16) } as const;
export const DiskConfigSize = 32;
export const DiskReadOnly = 1;
export const MountConfig = { Tag: u64(0), TagLength: u32(8), Flags: u32(12) } as const;
export const MountConfigSize = 16;
export const PortConfig = { Name: u64(0), NameLength: u32(8) } as const;
export const PortConfigSize = 16;

/** What gantry_run returns. */
export const RunReason = { Budget: 0, Idle: 1, Attention: 2, Halted: 3, Module: 4 } as const;

/** Of the mailbox's HaltKind. */
export const HaltKind = { Running: 0, PowerOff: 1, Reset: 2, Failed: 3 } as const;
