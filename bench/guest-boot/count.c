/* A qemu plugin that counts executed guest instructions and prints them when qemu ends. The declarations are those of qemu's
   plugin interface version 1, which Debian does not package as a header. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EXPORT __attribute__((visibility("default")))
typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int operation, void *counter, uint64_t by);
void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);

EXPORT int qemu_plugin_version = 1;
static uint64_t firmware, kernel, user;

static uint64_t *counter(uint64_t address)
{
    if (address >= 0xffffffc000000000 || (address >= 0x80200000 && address < 0xc0000000))
        return &kernel; /* the second range: before paging is on */
    return address >= 0x80000000 && address < 0x80200000 ? &firmware : &user;
}

static void translated(plugin_id id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, 0, counter(qemu_plugin_insn_vaddr(instruction)), 1);
    }
}

static void ended(plugin_id id, void *unused)
{
    (void)id, (void)unused;
    fprintf(stderr, "kernel %.2f M, user %.2f M, firmware %.2f M instructions\n", kernel / 1e6, user / 1e6, firmware / 1e6);
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int count, char **arguments)
{
    (void)info, (void)count, (void)arguments;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
