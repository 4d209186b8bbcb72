using Gantry.Compiler.IR;
using Gantry.Wasm;

namespace Gantry.Compiler.Optimizer;

/// <summary>Makes the calls that a <c>[WasmTailCalls]</c> method must make as tail calls such, or says why it cannot.</summary>
internal static class TailCalls
{
    public static void Run(CompilationUnit unit, Function function)
    {
        if (function.Method is not { TailCalls: true })
            return;
        DuplicateReturns(function);
        var frame = FrameAddresses(function, out var stored);
        foreach (var block in function.Blocks)
        {
            for (var i = 0; i < block.Instrs.Count; i++)
            {
                var call = block.Instrs[i];
                if (!call.IsCall || call.Imm != 1)
                    continue;
                var next = block.Instrs[i + 1];
                var result = next.Args.Length == 1 ? next.Args[0].Resolve() : null;
                string? problem = null;
                if (next.Op != Op.Return || (result != null && result != call) || (result == null) == call.HasValue)
                    problem = "its result is not returned as it is";
                else if (stored)
                    problem = "the address of a local variable or stackalloc of this method is stored in memory, and its memory ends with the method; copy the value instead";
                else if (call.Args.Any(a => frame.Contains(a.Resolve())))
                    problem = "it is handed the address of a local variable or stackalloc of this method, whose memory ends before the call; hand over the value";
                else if (call.Op == Op.CallVirtual)
                    problem = "virtual calls cannot be tail calls; call through a function pointer";
                if (problem != null)
                {
                    block.Instrs[i] = new Instr(Op.Poison, Instr.NoValue) { Aux = unit.MakeDiagnostic(call.Position, $"this call must be a tail call ([WasmTailCalls]) but cannot be one: {problem}"), Position = call.Position };
                    block.Instrs.RemoveRange(i + 1, block.Instrs.Count - i - 1);
                    break;
                }

                block.Instrs.RemoveRange(i, block.Instrs.Count - i);
                block.Instrs.Add(new Instr(call.Op == Op.Call ? Op.ReturnCall : Op.ReturnCallIndirect, Instr.NoValue, call.Args) { Aux = call.Aux, Position = call.Position, Block = block });
            }
        }

        function.ComputeOrder();
    }

    /// <summary>
    /// Values that may point into this method's frame. Callees that were handed such a pointer have returned before the tail
    /// call; that they did not keep it is the caller's promise, as with C's musttail (docs/compiler.md).
    /// </summary>
    private static HashSet<Instr> FrameAddresses(Function function, out bool stored)
    {
        var addresses = new HashSet<Instr>();
        stored = false;
        for (var changed = true; changed;)
        {
            changed = false;
            foreach (var block in function.Blocks)
            {
                foreach (var instr in block.Instrs)
                {
                    if (instr.Op == Op.Store && addresses.Contains(instr.Args[1].Resolve()))
                        stored = true;
                    if (instr.Op is Op.Alloca or Op.StackAlloc
                        || (instr.Op is Op.Wasm or Op.Phi && instr.Type == ValType.I32 && !Simplifier.IsBoolean(instr.Code) && instr.Args.Any(a => addresses.Contains(a.Resolve()))))
                        changed |= addresses.Add(instr);
                }
            }
        }

        return addresses;
    }

    /// <summary>Jumps to a block that only returns become that return.</summary>
    public static void DuplicateReturns(Function function)
    {
        for (var changed = true; changed;)
        {
            changed = false;
            foreach (var block in function.Blocks)
            {
                foreach (var instr in block.Instrs)
                    instr.ResolveArgs();
                if (block.Terminator.Op != Op.Br)
                    continue;
                var target = block.Terminator.Targets[0];
                if (target.Terminator.Op != Op.Return || target.Instrs.Exists(i => i.Op != Op.Phi && !i.IsTerminator))
                    continue;
                var edge = target.Preds.IndexOf(block);
                var args = target.Terminator.Args.Select(a => a.Resolve()).Select(a => a.Op == Op.Phi && a.Block == target ? a.Args[edge].Resolve() : a).ToArray();
                var position = block.Terminator.Position;
                block.Instrs[^1] = new Instr(Op.Return, Instr.NoValue, args) { Position = position, Block = block };
                changed = true;
            }

            if (changed)
                function.ComputeOrder();
        }
    }
}
