// SPDX-License-Identifier: Apache-2.0
// The key-value section of a GGUF file as a map, for tests of the tokenizer alone; the product reads GGUF in native code.
package io.qwenjet.engine.text;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

final class GgufMetadataFile {
    private final ByteBuffer in;

    private GgufMetadataFile(ByteBuffer in) {
        this.in = in;
    }

    static Map<String, Object> read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer in = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()).order(ByteOrder.LITTLE_ENDIAN);
            return new GgufMetadataFile(in).readAll();
        }
    }

    private Map<String, Object> readAll() {
        if (in.getInt() != 0x46554747 || in.getInt() < 2) {
            throw new IllegalArgumentException("not a GGUF file of version 2 or later");
        }
        in.getLong(); // number of tensors
        long numKeys = in.getLong();
        Map<String, Object> metadata = new HashMap<>();
        for (long i = 0; i < numKeys; i++) {
            String key = string();
            metadata.put(key, value(in.getInt()));
        }
        return metadata;
    }

    private Object value(int type) {
        return switch (type) {
            case 0 -> in.get() & 0xFF;
            case 1 -> (int) in.get();
            case 2 -> in.getShort() & 0xFFFF;
            case 3 -> (int) in.getShort();
            case 4 -> in.getInt() & 0xFFFFFFFFL;
            case 5 -> in.getInt();
            case 6 -> (double) in.getFloat();
            case 7 -> in.get() != 0;
            case 8 -> string();
            case 9 -> array();
            case 10, 11 -> in.getLong();
            case 12 -> in.getDouble();
            default -> throw new IllegalArgumentException("GGUF value type " + type);
        };
    }

    private List<Object> array() {
        int type = in.getInt();
        int count = Math.toIntExact(in.getLong());
        List<Object> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            values.add(value(type));
        }
        return values;
    }

    private String string() {
        byte[] bytes = new byte[Math.toIntExact(in.getLong())];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
