namespace Gantry.Wasm;

/// <content>Segments, bodies and constant expressions.</content>
public ref partial struct ModuleReader
{
    private void ReadElements()
    {
        int count = bytes.Count(ImplementationLimits.ElementSegments, "element segments");
        for (int i = 0; i < count; i++) module.Elements.Add(ReadElement());
    }

    // Flag bits (core 5.5.12): 1 passive or declarative, 2 table index (active) or declarative, 4 expressions.
    private ElementSegment ReadElement()
    {
        int offset = bytes.Offset;
        uint flags = bytes.U32();
        if (flags > 7) throw new WasmException("malformed elements segment kind", offset);
        bool active = (flags & 1) == 0;
        SegmentMode mode = active ? SegmentMode.Active : (flags & 2) == 0 ? SegmentMode.Passive : SegmentMode.Declarative;
        int table = active && (flags & 2) != 0 ? bytes.Index() : 0;
        ConstExpr start = active ? ReadConstExpr() : default;
        bool expressions = (flags & 4) != 0;
        ValType type = ValType.FuncRef;
        if ((flags & 3) != 0)
        {
            if (expressions) type = bytes.RefType();
            else if (bytes.Byte() != 0) throw new WasmException("malformed element kind", bytes.Offset - 1);
        }

        int count = bytes.Count(ImplementationLimits.TableSize, "elements");
        var element = new ElementSegment(mode, type) { Table = table, Offset = start };
        if (expressions)
        {
            var list = new List<ConstExpr>(count);
            for (int i = 0; i < count; i++) list.Add(ReadConstExpr());
            return element with { Expressions = list };
        }

        var functions = new int[count];
        for (int i = 0; i < count; i++) functions[i] = bytes.Index();
        return element with { Functions = functions };
    }

    private ConstExpr ReadConstExpr()
    {
        int start = bytes.Offset;
        var reader = new InstructionReader(binary.Span.Slice(start, bytes.Remaining), start);
        while (reader.Next())
        {
            if (reader.Opcode == Opcode.End)
            {
                bytes.Bytes(reader.NextPosition);
                return new ConstExpr(binary.Slice(start, reader.NextPosition)) { CodeOffset = start };
            }

            // Anything that could nest would hide this expression's end.
            if (!ModuleValidator.IsConstant(reader.Opcode)) throw new WasmException("constant expression required", reader.Offset);
        }

        throw new WasmException("unexpected end of constant expression", start);
    }

    private void ReadCode()
    {
        int offset = bytes.Offset;
        int count = bytes.Count(ImplementationLimits.Functions, "function bodies");
        if (count != declaredFunctions) throw new WasmException("function and code section have inconsistent lengths", offset);
        for (int i = 0; i < count; i++)
        {
            int size = bytes.Count(ImplementationLimits.FunctionSize, "bytes of a function body");
            int end = bytes.Offset + size;
            int groups = bytes.Count(size, "groups of locals");
            var locals = groups == 0 ? [] : new LocalGroup[groups];
            ulong total = 0;
            for (int j = 0; j < groups; j++)
            {
                uint length = bytes.U32();
                total += length;
                if (total > ImplementationLimits.Locals) throw bytes.Error("too many locals");
                locals[j] = new LocalGroup(length, bytes.ValType());
            }

            int start = bytes.Offset;
            if (start > end) throw new WasmException("function body size mismatch", start);
            ReadOnlyMemory<byte> code = binary[start..end];
            if (code.IsEmpty || code.Span[^1] != (byte)Opcode.End) throw new WasmException("end opcode expected", end);
            bytes.Bytes(end - start);
            module.Functions.Add(new Function(functionTypes![i], locals, code) { CodeOffset = start });
        }
    }

    private void ReadData()
    {
        int count = bytes.Count(ImplementationLimits.DataSegments, "data segments");
        for (int i = 0; i < count; i++)
        {
            int offset = bytes.Offset;
            uint flags = bytes.U32();
            if (flags > 2) throw new WasmException("malformed data segment kind", offset);
            int memory = flags == 2 ? bytes.Index() : 0;
            ConstExpr start = flags != 1 ? ReadConstExpr() : default;
            int size = bytes.Count(int.MaxValue, "bytes of a data segment");
            ReadOnlyMemory<byte> content = binary.Slice(bytes.Offset, size);
            bytes.Bytes(size);
            module.Data.Add(new DataSegment(flags == 1 ? SegmentMode.Passive : SegmentMode.Active, content) { Memory = memory, Offset = start });
        }
    }
}
