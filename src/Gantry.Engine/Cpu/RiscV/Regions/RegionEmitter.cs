using System.Runtime.InteropServices;
using Gantry.Engine.Jit;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>Writes a region as one function, of a handler's type: templates for instructions, and the control flow between them (docs/jit.md).</summary>
internal unsafe partial struct RegionEmitter
{
    /// <summary>Parameters: the hart; the record, on the way out the next one; instructions left.</summary>
    public const uint HartLocal = 0;
    private const uint NextLocal = 1, LeftLocal = 2;

    // What each of the outermost blocks ends in: the tail call; before it, the next record's handler; an instruction that the interpreter takes; the end of the slice; a jump to any address.
    private const int GoDepth = 1, ExitDepth = 2, InterpretDepth = 3, StopDepth = 4, FarDepth = 5;

    /// <summary>The function.</summary>
    public FunctionBody Body;

    /// <summary>What goes before it: known only at the end.</summary>
    public CodeBuffer Prologue;

    private RegionGraph* graph;
    private RegionLayout* layout;
    private FunctionTypes* types;
    private Hart* hart;
    private RegionRegisters registers;
    private RegionFlow flow;
    private RegionPlaces places;
    private DispatchSlots slots;
    private int* loopDepth;
    private int* mergeDepth;
    private uint tlb, target, state, handler;

    // For each of a block's groups of accesses, the local with its host address; and the group being written.
    private fixed uint place[RegionPlaces.MaxNumbers];
    private AccessGroup* group;
    private bool usesFloat, usesDynamicRounding;

    // The place being written: an instruction of a block, or (index 0) what follows the block.
    private int page, index, slot, offset;
    private int order;
    private bool isTight, isEntry;
    private Insn insn;
    private int immediate;
    private int halfwords;
    private Insn* targetSlots;

    /// <summary>Allocates the buffers, once.</summary>
    public void Allocate(RegionGraph* regionGraph, RegionLayout* regionLayout, FunctionTypes* functionTypes)
    {
        graph = regionGraph;
        layout = regionLayout;
        types = functionTypes;
        Body.Code.Allocate(192 * 1024);
        Prologue.Allocate(1024);
        flow.Allocate();
        places.Allocate();
        loopDepth = (int*)NativeMemory.AllocZeroed(RegionGraph.MaxBlocks + 2, sizeof(int));
        mergeDepth = (int*)NativeMemory.AllocZeroed(RegionGraph.MaxBlocks + 2, sizeof(int));
    }

    /// <summary>Writes the region of the graph.</summary>
    /// <param name="emitter">The emitter.</param>
    /// <param name="hart">The hart.</param>
    public static void Run(RegionEmitter* emitter, Hart* hart)
    {
        var body = &emitter->Body;
        emitter->hart = hart;
        emitter->tlb = 0;
        for (var i = 0; i < RegionPlaces.MaxNumbers; i++)
            emitter->place[i] = 0;
        emitter->usesFloat = false;
        emitter->usesDynamicRounding = false;
        RegionFlow.Run(&emitter->flow, hart, emitter->graph, emitter->layout);
        if (emitter->layout->UsesTable)
            DispatchSlots.Find(&emitter->slots, emitter->graph, emitter->layout);
        body->Begin(3);
        emitter->target = body->NewLocal(Wasm.I64);
        emitter->registers.Begin(hart, body);
        emitter->state = body->NewLocal(Wasm.I32);
        emitter->handler = body->NewLocal(Wasm.I32);

        for (var depth = GoDepth; depth <= FarDepth; depth++)
            body->Open(Wasm.Block);
        Tree(emitter, 0);
        body->Code.Byte(Wasm.Unreachable);
        body->Close();
        emitter->index = 0;
        Stitch(emitter, (byte*)(delegate*<void>)&Transitions.JumpIndirect);
        body->BranchTo(ExitDepth);
        body->Close();
        Stitch(emitter, (byte*)(delegate*<void>)&Transitions.Stop);
        body->BranchTo(ExitDepth);
        body->Close();
        body->Code.I32Const((int)(nint)(delegate*<Hart*, Insn*, int, Insn*>)&Interpreter.RunUntranslated);
        body->Code.Op(Wasm.LocalSet, emitter->handler);
        body->BranchTo(GoDepth);
        body->Close();
        body->Code.Op(Wasm.LocalGet, NextLocal);
        body->Code.Access(Wasm.I32Load16U, 1, 0);
        body->Code.Op(Wasm.LocalSet, emitter->handler);
        body->Close();
        emitter->Go(&body->Code);
        body->Code.Byte(Wasm.End);
        emitter->WritePrologue();
    }

    // A block and all that it dominates; order 0 is the dispatcher.
    private static void Tree(RegionEmitter* emitter, int order)
    {
        var body = &emitter->Body;
        var layout = emitter->layout;
        var block = emitter->graph->Blocks + layout->ByOrder[order];
        var isHeader = order == 0 ? layout->DispatcherLoops : block->IsHeader;
        if (isHeader)
        {
            if (order != 0)
            {
                emitter->registers.Now = emitter->flow.Front(order);
                emitter->registers.Become(emitter->flow.Begin(order));
            }

            body->Open(Wasm.Loop);
            emitter->loopDepth[order] = body->Depth;
        }

        for (var child = layout->Count - 1; child > order; child--)
        {
            if (!emitter->IsLabelled(order, child))
                continue;
            body->Open(Wasm.Block);
            emitter->mergeDepth[child] = body->Depth;
        }

        if (order == 0)
            Dispatch(emitter);
        else
            Block(emitter, block);
        for (var child = order + 1; child < layout->Count; child++)
        {
            if (!emitter->IsLabelled(order, child))
                continue;
            body->Close();
            Tree(emitter, child);
        }

        if (isHeader)
            body->Close();
    }

    // Whether a block is a child of another in the dominator tree that several jumps go to.
    private readonly bool IsLabelled(int order, int child)
    {
        var block = graph->Blocks + layout->ByOrder[child];
        return block->Dominator == order && (block->IsMerge || (layout->UsesTable && layout->IsDispatched(block)));
    }

    private static void Dispatch(RegionEmitter* emitter)
    {
        if (!emitter->layout->UsesTable)
        {
            Tree(emitter, 1);
            return;
        }

        var code = &emitter->Body.Code;
        var layout = emitter->layout;
        var slots = &emitter->slots;
        code->Op(Wasm.LocalGet, emitter->state);
        code->Byte(Wasm.BrTable);
        code->U32((uint)slots->Count - 1);
        for (var i = 0; i < slots->Count; i++)
            code->U32((uint)(emitter->Body.Depth - emitter->mergeDepth[emitter->graph->Blocks[layout->Dispatched[slots->DispatchOf(i)]].Order]));
    }

    private static void Block(RegionEmitter* emitter, RegionBlock* block)
    {
        emitter->page = block->Page;
        emitter->slot = block->Start;
        emitter->registers.Now = emitter->flow.Begin(block->Order);
        emitter->order = block->Order;
        emitter->isEntry = block->IsEntry;
        emitter->isTight = emitter->flow.IsTight(block->Order);
        RegionPlaces.Run(&emitter->places, emitter->hart, emitter->graph, block);
        for (var i = 0; i < block->Count; i++)
        {
            emitter->index = i;
            Instruction(emitter);
            emitter->slot += emitter->halfwords;
        }

        // A branch's condition stays on the stack meanwhile.
        emitter->index = 0;
        if (!emitter->isTight)
            emitter->registers.StoreDirty();
        emitter->Count(block->Count);
        switch (block->End)
        {
            case BlockEnd.Branch:
                emitter->Body.Open(Wasm.If);
                Edge(emitter, block, block->Taken, block->TakenOffset, true);
                emitter->Body.Close();
                Edge(emitter, block, block->Next, block->Stop * 2, false);
                break;
            case BlockEnd.Jump:
                Edge(emitter, block, block->Taken, block->TakenOffset, true);
                break;
            case BlockEnd.JumpIndirect:
                Indirect(emitter, block);
                break;
            default:
                Edge(emitter, block, block->Next, block->Stop * 2, false);
                break;
        }
    }

    private static void Instruction(RegionEmitter* emitter)
    {
        var hart = emitter->hart;
        var row = emitter->graph->RowAt(hart, emitter->page, emitter->slot);
        emitter->halfwords = emitter->graph->LengthAt(emitter->page, emitter->slot);
        emitter->offset = emitter->slot * 2;
        var word = emitter->graph->WordAt(hart, emitter->page, emitter->slot);
        Decoder.Decode(hart, &emitter->insn, word, emitter->halfwords);
        emitter->immediate = row->HasImmediateOnly ? emitter->insn.Immediate : emitter->insn.ShortImmediate;
        var template = row->Template;
        // What the template reads in one of its branches only must be there in all that follows.
        ulong reads, writes;
        RegionFlow.Operands(row, word, &reads, &writes);
        emitter->registers.Need(reads);
        // What is written again in this block is stored on the way out, if that is taken; the rest must be stored anyway, and once is enough.
        if (!emitter->isTight)
            emitter->registers.StoreDirtyBut(emitter->flow.WrittenFrom(emitter->order, emitter->index));
        emitter->group = emitter->places.Of(emitter->index);
        if (emitter->group != null)
        {
            if (emitter->group->First == emitter->index)
                FindPlace(emitter);
            template = row->PlacedTemplate;
        }

        if ((row->Flags & RowFlags.Float) != 0)
        {
            emitter->usesFloat = true;
            if ((row->Flags & RowFlags.Rounds) != 0)
            {
                var mode = emitter->insn.Rs3AndMode >> 5;
                emitter->usesDynamicRounding |= mode == 7;
                if (mode is 0 or 7)
                    template = row->FusingTemplate != null && emitter->hart->Translator->HostFuses ? row->FusingTemplate : row->NearestTemplate;
            }
        }

        Stitch(emitter, template);
    }

    private static void FindPlace(RegionEmitter* emitter)
    {
        var offset = emitter->immediate;
        emitter->immediate = emitter->group->Low - emitter->group->Delta;
        Stitch(
            emitter,
            emitter->group->Stores
                ? (byte*)(delegate*<void>)&Transitions.FindPlace<WithStores>
                : (byte*)(delegate*<void>)&Transitions.FindPlace<LoadsOnly>);
        emitter->immediate = offset;
    }

    // Goes from behind a block to another, or out of the region when it has none there.
    private static void Edge(RegionEmitter* emitter, RegionBlock* block, int to, int offset, bool isJump)
    {
        // Blocks in between have changed it.
        emitter->page = block->Page;
        emitter->index = 0;
        emitter->registers.Now = emitter->flow.End(block->Order);
        if ((uint)offset < 4096)
        {
            // As the interpreter does: forward in the page, nobody looks at the count, unless the jump is jalr.
            if (isJump && (offset <= block->Last * 2 || block->IsFar))
                emitter->StopWhenUsedUp(offset);
            if (to >= 0)
            {
                Goto(emitter, block->Order, to);
                return;
            }

            emitter->SetNext(emitter->Record(offset >> 1));
            emitter->Leave(ExitDepth);
            return;
        }

        emitter->offset = offset;
        if (to < 0)
        {
            // jalr has said where to already.
            if (!block->IsFar)
                Stitch(emitter, (byte*)(delegate*<void>)&Transitions.LeavePage);
            emitter->Leave(FarDepth);
            return;
        }

        emitter->targetSlots = emitter->graph->Page(emitter->graph->Blocks[to].Page)->First;
        Stitch(emitter, (byte*)(delegate*<void>)&Transitions.EnterPage);
        Goto(emitter, block->Order, to);
    }

    private static void Indirect(RegionEmitter* emitter, RegionBlock* block)
    {
        var body = &emitter->Body;
        if (!block->IsReturn || emitter->graph->ReturnPointCount == 0)
        {
            emitter->Leave(FarDepth);
            return;
        }

        Stitch(emitter, (byte*)(delegate*<void>)&Transitions.JumpIndirect);
        for (var i = 0; i < emitter->graph->ReturnPointCount; i++)
        {
            var to = emitter->graph->ReturnPoints[i];
            var point = emitter->graph->Blocks + to;
            body->Code.Op(Wasm.LocalGet, NextLocal);
            body->Code.Address(emitter->graph->Page(point->Page)->First + point->Start);
            body->Code.Byte(Wasm.I32Eq);
            body->Open(Wasm.If);
            Goto(emitter, block->Order, to);
            body->Close();
            emitter->registers.Now = emitter->flow.End(block->Order);
        }

        emitter->Leave(ExitDepth);
    }

    private static void Goto(RegionEmitter* emitter, int from, int to)
    {
        var body = &emitter->Body;
        var block = emitter->graph->Blocks + to;
        if (block->Order <= from)
        {
            if (emitter->layout->Dominates(emitter->graph->Blocks, block->Order, from))
            {
                emitter->registers.Become(emitter->flow.Begin(block->Order));
                body->BranchTo(emitter->loopDepth[block->Order]);
                return;
            }

            emitter->registers.Become(default);
            body->Code.I32Const(emitter->slots.Of(emitter->graph, block));
            body->Code.Op(Wasm.LocalSet, emitter->state);
            body->BranchTo(emitter->loopDepth[0]);
            return;
        }

        emitter->registers.Become(emitter->flow.Front(block->Order));
        if (emitter->IsLabelled(block->Dominator, block->Order))
            body->BranchTo(emitter->mergeDepth[block->Order]);
        else
            Tree(emitter, block->Order);
    }

    private static void Stitch(RegionEmitter* emitter, byte* template) =>
        Template.Stitch<Filler>(template, &emitter->Body, emitter->types, emitter);

    private void StopWhenUsedUp(int offset)
    {
        Body.Code.Op(Wasm.LocalGet, LeftLocal);
        Body.Code.I32Const(1);
        Body.Code.Byte(Wasm.I32LtS);
        Body.Hint(0);
        Body.Open(Wasm.If);
        SetNext(Record(offset >> 1));
        LeaveSeldom(StopDepth);
        Body.Close();
    }

    private readonly Insn* Record(int halfword) => graph->Page(page)->First + halfword;

    private void SetNext(Insn* record)
    {
        Body.Code.Address(record);
        Body.Code.Op(Wasm.LocalSet, NextLocal);
    }

    private void Count(int instructions)
    {
        if (instructions == 0)
            return;
        GetLeft(instructions);
        Body.Code.Op(Wasm.LocalSet, LeftLocal);
    }

    // Ends the region, where that is what mostly happens.
    private void Leave(int depth)
    {
        registers.StoreDirty();
        Body.BranchTo(depth);
    }

    // The same where it is seldom.
    private void LeaveSeldom(int depth)
    {
        registers.CopyDirty();
        Body.BranchTo(depth);
    }

    // The tail call that every way out ends in.
    private readonly void Go(CodeBuffer* code)
    {
        code->Op(Wasm.LocalGet, HartLocal);
        code->Op(Wasm.LocalGet, NextLocal);
        code->Op(Wasm.LocalGet, LeftLocal);
        code->Op(Wasm.LocalGet, handler);
        code->Op(Wasm.ReturnCallIndirect, 0);
        code->Byte(0);
    }

    private void WritePrologue()
    {
        Prologue.Clear();
        fixed (CodeBuffer* to = &Prologue)
        {
            if (usesFloat)
                CheckFloat(to);
            if (tlb != 0)
            {
                to->Op(Wasm.LocalGet, HartLocal);
                to->Access(Wasm.I32Load, 2, (uint)((byte*)&hart->DataTlb - (byte*)hart));
                to->Op(Wasm.LocalSet, tlb);
            }

            if (!layout->UsesTable)
                return;
            // As DispatchSlots.OfRecord.
            to->Op(Wasm.LocalGet, NextLocal);
            to->I32Const((int)slots.Multiplier);
            to->Byte(Wasm.I32Mul);
            to->I32Const(slots.Shift);
            to->Byte(Wasm.I32ShrU);
            to->Op(Wasm.LocalSet, state);
        }
    }

    // Templates take for granted that float instructions are legal and that frm says RNE; otherwise the interpreter takes the entry's instruction.
    private readonly void CheckFloat(CodeBuffer* to)
    {
        to->Op(Wasm.LocalGet, HartLocal);
        to->Access(Wasm.I32Load8U, 0, (uint)((byte*)&hart->FloatEnabled - (byte*)hart));
        to->Byte(Wasm.I32Eqz);
        if (usesDynamicRounding)
        {
            to->Op(Wasm.LocalGet, HartLocal);
            to->Access(Wasm.I32Load, 2, (uint)((byte*)&hart->RoundingMode - (byte*)hart));
            to->Byte(Wasm.I32Or);
        }

        to->Byte(Wasm.If);
        to->Byte(Wasm.NoResult);
        to->I32Const((int)(nint)(delegate*<Hart*, Insn*, int, Insn*>)&Interpreter.RunUntranslated);
        to->Op(Wasm.LocalSet, handler);
        Go(to);
        to->Byte(Wasm.End);
    }
}
