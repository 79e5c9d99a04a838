/** Numbers of the kernel's interfaces, as the recorded traces and manuals give them. */

export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  EOPNOTSUPP: 95,
} as const;

/** Pages that reclaim takes off an LRU list at a time, and that an allocation asks it for. */
export const SWAP_CLUSTER_MAX = 32;
/** Rounds without success after which kswapd gives a node up. */
export const MAX_RECLAIM_RETRIES = 16;

export const FaultFlag = {
  Write: 1 << 0,
  Mkwrite: 1 << 1,
  AllowRetry: 1 << 2,
  RetryNowait: 1 << 3,
  Killable: 1 << 4,
  Tried: 1 << 5,
  User: 1 << 6,
  Remote: 1 << 7,
  Instruction: 1 << 8,
  Interruptible: 1 << 9,
  Unshare: 1 << 10,
  OrigPteValid: 1 << 11,
  VmaLock: 1 << 12,
} as const;

export const VmFault = {
  OOM: 0x1,
  SIGBUS: 0x2,
  MAJOR: 0x4,
  WRITE: 0x8,
  HWPOISON: 0x10,
  SIGSEGV: 0x40,
  NOPAGE: 0x100,
  LOCKED: 0x200,
  RETRY: 0x400,
  FALLBACK: 0x800,
  DONE_COW: 0x1000,
  COMPLETED: 0x4000,
} as const;
/** VM_FAULT_ERROR: the bits that mean that the fault could not be handled. */
export const VM_FAULT_ERROR = VmFault.OOM | VmFault.SIGBUS | VmFault.SIGSEGV | VmFault.HWPOISON;

/** enum mmu_notifier_event. */
export const Notify = {
  UNMAP: 0,
  CLEAR: 1,
  PROTECTION_VMA: 2,
  PROTECTION_PAGE: 3,
  SOFT_DIRTY: 4,
  RELEASE: 5,
  MIGRATE: 6,
  EXCLUSIVE: 7,
} as const;
export const NOTIFY_NAMES = Object.keys(Notify) as (keyof typeof Notify)[];

/** Flags of a migration's src and dst entries. Device is of 4.14, Compound of 6.19 and later, where it has Device's bit. */
export const MigratePfn = { Valid: 1, Migrate: 2, Locked: 4, Write: 8, Device: 16, Compound: 32 } as const;
/** migrate_vma.flags. Compound: huge pages as one. */
export const Select = { System: 1, DevicePrivate: 2, DeviceCoherent: 4, Compound: 8 } as const;

/** hmm_range.default_flags and the bits of hmm_pfns. Huge: the entry maps 2 MiB (order 9). */
export const HmmPfn = { Valid: 1, Write: 2, Error: 4, ReqFault: 8, ReqWrite: 16, Huge: 32 } as const;

/** HMM_DMIRROR_PROT_*: one byte a page of a snapshot. */
export const Snapshot = {
  Error: 0xff,
  None: 0,
  Read: 1,
  Write: 2,
  Pmd: 4,
  Pud: 8,
  Zero: 0x10,
  PrivateLocal: 0x20,
  PrivateRemote: 0x30,
  CoherentLocal: 0x40,
  CoherentRemote: 0x50,
} as const;

export const Signal = { SIGBUS: 7, SIGKILL: 9, SIGSEGV: 11 } as const;
/** si_code. */
export const SiCode = { MAPERR: 1, ACCERR: 2, ADRERR: 2 } as const;
